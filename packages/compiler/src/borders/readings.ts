import { slice_util } from '@tensorflow/tfjs-core'
import type { KernelNode, ValueId, ValueInfo } from '../graph/kernel-graph.js'
import { elementwiseKernels } from '../kernels/elementwise.js'
import { convolutionInfo, poolingInfo, type Windows, windowsOf } from '../kernels/windows.js'
import { alongBoth, type Extent } from './area.js'

/** Along an axis, cell i of a map reads cells i·stride − before to i·stride − before + reach − 1 of another. */
export interface Reading {
  readonly stride: number
  readonly reach: number
  readonly before: number
}

export type Readings = readonly [rows: Reading, columns: Reading]

type Values = readonly ValueInfo[]

const elementwise = new Set(elementwiseKernels.map(([name]) => name))
const sameCell: Reading = { stride: 1, reach: 1, before: 0 }

/**
 * How the cells of a kernel's outputs follow from those of its inputs `maps`, all of them `[N, H, W, C]`. Undefined
 * where they do not follow by windows: any cell may then depend on every other.
 */
export function readingsOf(node: KernelNode, values: Values, maps: ReadonlySet<ValueId>): Readings | undefined {
  const infos = [...maps, ...node.outputs].map((value) => values[value])
  if (infos.some(({ shape, dtype }) => shape.length !== 4 || dtype !== 'float32')) return undefined
  if (elementwise.has(node.kernel)) return isCellwise(node, values, maps) ? [sameCell, sameCell] : undefined
  const { kernel, attributes, inputs } = node
  switch (kernel) {
    case 'Conv2D':
    case 'FusedConv2D':
    case 'DepthwiseConv2dNative':
    case 'FusedDepthwiseConv2D':
      return onlyX(node, maps) && isChannelwise(node, values) ? convolution(node, values) : undefined
    case 'MaxPool':
    case 'AvgPool':
      return byWindows(windowsOf(poolingInfo(values[inputs.x], attributes)))
    case 'LRN':
      return [sameCell, sameCell]
    case 'FusedBatchNorm':
      return onlyX(node, maps) && isChannelwise(node, values) ? [sameCell, sameCell] : undefined
    case 'Concat':
    case 'SplitV':
      return alongChannels(node, maps) ? [sameCell, sameCell] : undefined
    case 'Slice':
      return shifted(sliceBegins(node, values).map((begin) => -begin))
    case 'PadV2': {
      const paddings = attributes.paddings as readonly (readonly number[])[] // as tfjs has it
      return shifted(paddings.map(([before]) => before))
    }
    default:
      return undefined
  }
}

/** First cell of a slice on each axis. */
export function sliceBegins({ inputs, attributes }: KernelNode, values: Values): number[] {
  // The attributes are what tfjs has checked; of a tensor only the shape is read.
  const { begin, size } = attributes as { begin: number[]; size: number[] }
  return slice_util.parseSliceParams({ shape: [...values[inputs.x].shape] } as never, begin, size)[0]
}

/** Cells that read any cell of an extent. */
export function reached({ stride, reach, before }: Reading, { from, to }: Extent, length: number): Extent {
  return {
    from: Math.max(0, Math.ceil((from + before - reach + 1) / stride)),
    to: Math.min(length, Math.floor((to - 1 + before) / stride) + 1),
  }
}

/** Cells that read nothing outside of an extent. */
export function covered({ stride, reach, before }: Reading, { from, to }: Extent, length: number): Extent {
  const first = Math.max(0, Math.ceil((from + before) / stride))
  const last = Math.min(length - 1, Math.floor((to + before - reach) / stride))
  return { from: first, to: Math.max(first, last + 1) }
}

/** Cells of a map of a length that an extent of the next reads. */
export function needed({ stride, reach, before }: Reading, { from, to }: Extent, length: number): Extent {
  const first = Math.min(Math.max(0, from * stride - before), length - 1) // windows may lie beside the map
  return { from: first, to: Math.min(length, Math.max(first + 1, (to - 1) * stride - before + reach)) }
}

function convolution({ kernel, inputs, attributes }: KernelNode, values: Values): Readings | undefined {
  if (attributes.dataFormat === 'NCHW') return undefined
  const depthwise = /depthwise/i.test(kernel)
  const [x, filter] = [values[inputs.x].shape, values[inputs.filter].shape]
  return byWindows(windowsOf(convolutionInfo(x, filter, attributes, depthwise)))
}

function byWindows({ kernel, stride, dilation, before }: Windows): Readings {
  return alongBoth((axis) => ({
    stride: stride[axis],
    reach: (kernel[axis] - 1) * dilation[axis] + 1,
    before: before[axis],
  }))
}

function shifted([, rows, columns]: readonly number[]): Readings {
  return [
    { ...sameCell, before: rows },
    { ...sameCell, before: columns },
  ]
}

function onlyX({ inputs }: KernelNode, maps: ReadonlySet<ValueId>): boolean {
  return maps.size === 1 && maps.has(inputs.x)
}

/** Whether what a kernel has besides its map and filter is the same for all cells. */
function isChannelwise({ inputs }: KernelNode, values: Values): boolean {
  return Object.entries(inputs).every(
    ([name, value]) => name === 'x' || name === 'filter' || values[value].shape.slice(0, -1).every((n) => n === 1),
  )
}

function alongChannels({ attributes, inputs }: KernelNode, maps: ReadonlySet<ValueId>): boolean {
  const last = attributes.axis === 3 || attributes.axis === -1
  return last && Object.values(inputs).every((value) => maps.has(value))
}

/** Whether all maps have the same cells, and everything else is the same for all cells. */
function isCellwise({ inputs }: KernelNode, values: Values, maps: ReadonlySet<ValueId>): boolean {
  const sizes = new Set([...maps].map((value) => `${values[value].shape.slice(1, 3)}`))
  const others = Object.values(inputs).filter((value) => !maps.has(value))
  return sizes.size === 1 && others.every((value) => isSameEverywhere(values[value]))
}

function isSameEverywhere({ shape }: ValueInfo): boolean {
  return shape.slice(-3, -1).every((length) => length === 1)
}
