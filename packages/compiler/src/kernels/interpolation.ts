import type { LoweringContext } from '../onnx/lowering-context.js'
import type { Windows } from './windows.js'

/** Bilinear interpolation by a whole factor. */
export interface Interpolation {
  readonly factor: number
  /** Where a cell is: at its first result (`asymmetric`, as ONNX calls it) or in the middle of all its results. */
  readonly mode: 'asymmetric' | 'half_pixel'
}

/**
 * The interpolation that a transposed depthwise convolution is, if it is one: its filter, `[k, k, C, 1]`, falls linearly
 * from its centre and has 2·factor − 1 taps, or 2·factor where the factor is even.
 *
 * Source: Long 2016, §3.2.3; the FCN reference code's `upsample_filt`.
 */
export function interpolationOf(
  filter: ArrayLike<number>,
  [size, width, channels, multiplier]: readonly number[],
  { stride, dilation, before, after }: Windows,
): Interpolation | undefined {
  const [factor] = stride
  const usual = [width, stride[1], multiplier, ...dilation].join() === [size, factor, 1, 1, 1].join()
  const isOdd = size === 2 * factor - 1
  if (!usual || !(isOdd || (size === 2 * factor && factor % 2 === 0))) return undefined
  if (factor < 2 || [...before, ...after].some((cells) => cells < 0)) return undefined
  const line = Array.from({ length: size }, (_, i) => 1 - Math.abs(i - (size - 1) / 2) / factor)
  for (let i = 0; i < filter.length; i++) {
    const cell = Math.floor(i / channels)
    if (Math.abs(filter[i] - line[Math.floor(cell / size)] * line[cell % size]) > 1e-6) return undefined
  }
  return { factor, mode: isOdd ? 'asymmetric' : 'half_pixel' }
}

/** What of the upsampled map is wanted: so many cells per axis, so many behind its start. */
interface Cut {
  readonly before: readonly number[]
  readonly size: readonly number[]
}

/**
 * A map interpolated by ONNX's Resize, and cut.
 *
 * Resize repeats the outermost cells where the filter fades to zero, so zeros are laid around the map. Its first cell
 * then lies where the filter has it, or half a cell before. Only the cells that the cut sees are enlarged.
 */
export function interpolated(
  context: LoweringContext,
  input: string,
  { factor, mode }: Interpolation,
  { before, size }: Cut,
): void {
  // What is handed out in tfjs's order is turned while it is small.
  const layout = context.channelsLast && context.isResult ? 'nhwc' : 'nchw'
  const axes = layout === 'nhwc' ? [1, 2] : [2, 3]
  const onAxes = (cells: number, others: number) => [0, 1, 2, 3].map((axis) => (axes.includes(axis) ? cells : others))
  const slice = (value: string, from: readonly number[], to: string) =>
    context.emit('Slice', [value, context.integers(from), to, context.integers(axes)])

  const ahead = mode === 'asymmetric' ? 1 : 0
  const around = onAxes(1, 0)
  const padded = context.emit('Pad', [context.read(input, layout), context.integers([...around, ...around])])
  const low = before.map((cells) => Math.floor((cells + ahead) / factor))
  const high = quotient(context, size, { plus: before.map((cells) => cells - 1 + ahead + 2 * factor), divisor: factor })
  const scales = context.constant(onAxes(factor, 1), { shape: [4], dtype: 'float32' })
  const attributes = { mode: 'linear', coordinate_transformation_mode: mode }
  const enlarged = context.emit('Resize', [slice(padded, low, high), '', scales], attributes)
  const start = before.map((cells, axis) => (ahead === 1 ? 1 : factor / 2) + cells - factor * low[axis])
  const end = context.integers(start.map((cells, axis) => cells + size[axis]))
  context.set(slice(enlarged, start, end), layout)
}

/** ⌊(size + plus) / divisor⌋ per axis; computed by the graph where it is for all sizes. */
function quotient(
  context: LoweringContext,
  size: readonly number[],
  { plus, divisor }: { readonly plus: readonly number[]; readonly divisor: number },
): string {
  if (!context.freeSizes) return context.integers(size.map((cells, axis) => Math.floor((cells + plus[axis]) / divisor)))
  const sum = context.emit('Add', [context.integers(size), context.integers(plus)])
  return context.emit('Div', [sum, context.integers(plus.map(() => divisor))])
}
