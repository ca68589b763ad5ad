import { type backend_util, Conv2DBackpropInput, type TensorInfo } from '@tensorflow/tfjs-core'
import { type WasmKernel, type Workspace, withWorkspace } from '../workspace.js'
import { channelsLastConvolution } from './convolution-geometry.js'

/**
 * The gradient of a convolution by its input, which is also the transposed convolution.
 *
 * Input pixels at the same place within a stride (the same phase) all see the same taps of the filter. So one ordinary
 * stride-1 convolution of dy yields every phase, one after the other among its output channels, with the taps of each
 * phase reversed; the phases are then laid out as pixels. No zeros are inserted into dy.
 *
 * Shapes: dy `[N, h, w, O]`, filter `[kh, kw, C, O]` → `[N, H, W, C]`, float32.
 */
export const conv2DBackpropInput: WasmKernel = {
  name: Conv2DBackpropInput,
  run({ inputs, attrs, backend }) {
    const filter = inputs['filter']!
    const convolution = channelsLastConvolution(
      Conv2DBackpropInput,
      attrs,
      attrs['inputShape'] as number[],
      filter.shape,
    )
    return withWorkspace(backend, (workspace) => inputGradient(workspace, inputs['dy']!, filter, convolution))
  },
}

/** What one axis of the input gradient takes from dy. */
interface Axis {
  readonly size: number
  readonly stride: number
  readonly pad: number
  /** Phases that any tap reaches; the others stay zero. */
  readonly phases: number
  /** Taps per phase. */
  readonly taps: number
  /** First cell of the phase grid that holds an input pixel, and the number of such cells. */
  readonly first: number
  readonly cells: number
  /** Rows of dy to pad (positive) or drop (negative) before and after. */
  readonly before: number
  readonly after: number
}

function solveAxis(size: number, gradientSize: number, kernel: number, stride: number, pad: number): Axis {
  const taps = Math.ceil(kernel / stride)
  const first = Math.floor(pad / stride)
  const last = Math.floor((pad + size - 1) / stride)
  return {
    size,
    stride,
    pad,
    phases: Math.min(stride, kernel),
    taps,
    first,
    cells: last - first + 1,
    before: taps - 1 - first,
    after: last - (gradientSize - 1),
  }
}

function inputGradient(
  workspace: Workspace,
  dy: TensorInfo,
  filter: TensorInfo,
  convolution: backend_util.Conv2DInfo,
): TensorInfo {
  const { batchSize, inHeight, inWidth, inChannels, outHeight, outWidth, filterHeight, filterWidth } = convolution
  const { strideHeight, strideWidth, padInfo } = convolution
  const rows = solveAxis(inHeight, outHeight, filterHeight, strideHeight, padInfo.top)
  const columns = solveAxis(inWidth, outWidth, filterWidth, strideWidth, padInfo.left)
  const phases = workspace.run(
    'Conv2D',
    { x: cropNegative(workspace, dy, rows, columns), filter: phaseFilter(workspace, filter, rows, columns) },
    {
      strides: 1,
      dilations: 1,
      dataFormat: 'NHWC',
      pad: [
        [0, 0],
        [Math.max(0, rows.before), Math.max(0, rows.after)],
        [Math.max(0, columns.before), Math.max(0, columns.after)],
        [0, 0],
      ],
    },
  )
  if (strideHeight === 1 && strideWidth === 1) return workspace.keep(phases)
  const input = workspace.allocate([batchSize, inHeight, inWidth, inChannels])
  layOutPhases(workspace.floats(input), workspace.floats(phases), convolution, rows, columns)
  return workspace.keep(input)
}

/** Drops the border of dy that no input pixel reaches: those outputs saw padding only. */
function cropNegative(workspace: Workspace, dy: TensorInfo, rows: Axis, columns: Axis): TensorInfo {
  const [batch, height, width, channels] = dy.shape as [number, number, number, number]
  const top = Math.max(0, -rows.before)
  const left = Math.max(0, -columns.before)
  const cropHeight = height - top - Math.max(0, -rows.after)
  const cropWidth = width - left - Math.max(0, -columns.after)
  if (cropHeight === height && cropWidth === width) return dy
  return workspace.run('Slice', { x: dy }, { begin: [0, top, left, 0], size: [batch, cropHeight, cropWidth, channels] })
}

/**
 * `[kh, kw, C, O]` → `[taps, taps, O, phases·phases·C]`: tap t of phase p is tap `stride·(taps − 1 − t) + p` of the
 * filter, zero past its end.
 */
function phaseFilter(workspace: Workspace, filter: TensorInfo, rows: Axis, columns: Axis): TensorInfo {
  const [height, width, channels, outChannels] = filter.shape as [number, number, number, number]
  const outputs = rows.phases * columns.phases * channels
  const phased = workspace.zeros([rows.taps, columns.taps, outChannels, outputs])
  const source = workspace.floats(filter)
  const target = workspace.floats(phased)
  for (let row = 0; row < height; row++) {
    const tapRow = rows.taps - 1 - Math.floor(row / rows.stride)
    for (let column = 0; column < width; column++) {
      const tapColumn = columns.taps - 1 - Math.floor(column / columns.stride)
      const phase = (row % rows.stride) * columns.phases + (column % columns.stride)
      const from = (row * width + column) * channels * outChannels
      const to = (tapRow * columns.taps + tapColumn) * outChannels * outputs + phase * channels
      transposeInto(target, source, from, to, channels, outChannels, outputs)
    }
  }
  return phased
}

/** A tile of this many channels on a side stays in the first-level cache while it is transposed. */
const tile = 16

function transposeInto(
  target: Float32Array,
  source: Float32Array,
  from: number,
  to: number,
  channels: number,
  outChannels: number,
  step: number,
): void {
  for (let low = 0; low < channels; low += tile) {
    const high = Math.min(channels, low + tile)
    for (let out = 0; out < outChannels; out++) {
      const line = to + out * step
      for (let channel = low; channel < high; channel++) {
        target[line + channel] = source[from + channel * outChannels + out]!
      }
    }
  }
}

/** `[N, cells, cells, phases, phases, C]` → `[N, H, W, C]`. */
function layOutPhases(
  input: Float32Array,
  phases: Float32Array,
  { batchSize, inChannels }: backend_util.Conv2DInfo,
  rows: Axis,
  columns: Axis,
): void {
  if (rows.phases < rows.stride || columns.phases < columns.stride) input.fill(0)
  const run = columns.phases * inChannels
  for (let n = 0; n < batchSize; n++) {
    for (let y = 0; y < rows.size; y++) {
      const phase = (y + rows.pad) % rows.stride
      if (phase >= rows.phases) continue
      const cellRow = Math.floor((y + rows.pad) / rows.stride) - rows.first
      const line = (n * rows.size + y) * columns.size
      for (let cell = 0; cell < columns.cells; cell++) {
        const x = (cell + columns.first) * columns.stride - columns.pad
        const skipped = Math.max(0, -x)
        const kept = Math.min(columns.phases, columns.size - x) - skipped
        const from = (((n * rows.cells + cellRow) * columns.cells + cell) * rows.phases + phase) * run
        copy(input, phases, (line + x + skipped) * inChannels, from + skipped * inChannels, kept * inChannels)
      }
    }
  }
}

function copy(target: Float32Array, source: Float32Array, to: number, from: number, length: number): void {
  for (let i = 0; i < length; i++) target[to + i] = source[from + i]!
}
