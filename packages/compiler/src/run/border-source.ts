import * as tf from '@tensorflow/tfjs-core'
import type { LayersModel } from '@tensorflow/tfjs-layers'
import type { Strip } from '../borders/partial-graph.js'
import { type CellMap, cellMaps, periodOf } from '../borders/smaller-size.js'
import { absorbPadding } from '../graph/absorb-padding.js'
import { removeUnused } from '../graph/dead-code.js'
import { inputsOf, type KernelGraph, type ValueId } from '../graph/kernel-graph.js'
import { type LowerOptions, lowerGraph } from '../onnx/lower-graph.js'
import { type Borders, simplifiedModel } from '../sizes/lower-model.js'
import type { TensorSignature } from '../trace/trace.js'
import { hostValues } from './host-memory.js'
import type { OnnxRuntime, OnnxRuntimeTensor, OnnxTensorData, SessionOptions } from './onnx-runtime.js'
import { GraphSession } from './session.js'

/** What computes borders. */
export interface BorderOptions extends SessionOptions, Pick<LowerOptions, 'kernels' | 'convolution'> {}

/**
 * The borders that a graph is handed for images of a size, in the order of its inputs for them.
 *
 * They are computed by the first layers of the net from an image that is as small as the borders allow, for which these
 * are the same but for repeated rows and columns.
 */
export async function computeBorders(
  model: LayersModel,
  signatures: readonly TensorSignature[],
  borders: Borders,
  runtime: OnnxRuntime,
  options: BorderOptions,
): Promise<OnnxRuntimeTensor[]> {
  const values = new Set(borders.strips.map((strip) => strip.of))
  const { graph, captured, cells } = smallest(model, signatures, borders.of, values, options)
  const { kernels, convolution, ...sessionOptions } = options
  const first = firstLayers(graph, values)
  const embed = new Map<ValueId, OnnxTensorData>()
  for (const { value } of first.inputs) {
    const tensor = captured.get(value)
    if (tensor !== undefined) embed.set(value, await hostValues(tensor))
  }
  const lowered = lowerGraph(first, { ...(kernels && { kernels }), ...(convolution && { convolution }), embed })
  const session = await GraphSession.create(runtime, first, lowered, sessionOptions)
  const zeros = first.inputs.flatMap(({ value, kind }) =>
    kind === 'argument' ? [[value, tf.zeros([...graph.values[value].shape], graph.values[value].dtype)] as const] : [],
  )
  try {
    const { outputs } = await session.runArrays(new Map(zeros))
    const maps = new Map([...values].map((value, i) => [value, outputs[i]]))
    const batch = signatures[0].shape[0]
    return borders.strips.map((strip) => stripOf(strip, maps, cells, batch, runtime))
  } finally {
    tf.dispose(zeros.map(([, tensor]) => tensor))
    await session.dispose()
  }
}

/** How many of the smallest sizes are tried. */
const attempts = 6

/** The graph for the smallest image whose maps have these borders, and where to find the cells; at worst for its own size. */
function smallest(
  model: LayersModel,
  signatures: readonly TensorSignature[],
  graph: KernelGraph,
  values: ReadonlySet<ValueId>,
  options: BorderOptions,
) {
  const period = periodOf(graph, values)
  const free = (axis: number) => model.inputs.every(({ shape }) => shape.length === 4 && shape[axis] === null)
  const most = period.map((cells, axis) => {
    if (!free(axis + 1)) return 0
    return Math.floor((Math.min(...signatures.map(({ shape }) => shape[axis + 1])) - 1) / cells)
  })
  const oneImage = free(0) ? 1 : signatures[0].shape[0]
  for (let more = 0; more < attempts; more++) {
    const fewer = most.map((count, axis) => Math.max(0, count - more) * period[axis])
    if (fewer.every((cells) => cells === 0)) break
    const smaller = signatures.map((signature) => {
      const [, height, width, channels] = signature.shape
      return { ...signature, shape: [oneImage, height - fewer[0], width - fewer[1], channels] }
    })
    const found = simplifiedIfPossible(model, smaller, options)
    const cells = found && cellMaps(graph, found.graph, values)
    if (found !== undefined && cells !== undefined) return { ...found, cells }
  }
  return { ...simplifiedModel(model, signatures, options), cells: new Map<ValueId, CellMap>() }
}

/** Undefined for images that are too small for the net. */
function simplifiedIfPossible(model: LayersModel, signatures: readonly TensorSignature[], options: BorderOptions) {
  try {
    return simplifiedModel(model, signatures, options)
  } catch {
    return undefined
  }
}

/** What it takes to compute some values. */
function firstLayers(graph: KernelGraph, values: ReadonlySet<ValueId>): KernelGraph {
  const first = removeUnused(absorbPadding({ ...graph, outputs: [...values], assignments: [] }))
  const read = new Set([...first.nodes.flatMap(inputsOf), ...values])
  return { ...first, inputs: first.inputs.filter(({ value }) => read.has(value)) }
}

function stripOf(
  { of, area }: Strip,
  maps: ReadonlyMap<ValueId, OnnxRuntimeTensor>,
  cells: ReadonlyMap<ValueId, CellMap>,
  batch: number,
  runtime: OnnxRuntime,
): OnnxRuntimeTensor {
  const map = maps.get(of)
  if (!(map?.data instanceof Float32Array)) throw new Error(`no map was computed for value ${of}`)
  const [rows, columns] = area
  const [rowOf, columnOf] = cells.get(of) ?? [same, same]
  const [, , width, channels] = map.dims
  const [stripHeight, stripWidth] = [rows.to - rows.from, columns.to - columns.from]
  const image = stripHeight * stripWidth * channels
  const data = new Float32Array(batch * image)
  let at = 0
  for (let row = rows.from; row < rows.to; row++) {
    for (let column = columns.from; column < columns.to; column++) {
      const from = (rowOf(row) * width + columnOf(column)) * channels
      data.set(map.data.subarray(from, from + channels), at)
      at += channels
    }
  }
  for (let i = 1; i < batch; i++) data.copyWithin(i * image, 0, image)
  return new runtime.Tensor('float32', data, [batch, stripHeight, stripWidth, channels])
}

function same(cell: number): number {
  return cell
}
