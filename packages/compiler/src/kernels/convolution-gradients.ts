import type { LoweringContext } from '../onnx/lowering-context.js'
import { seenByTaps } from './columns.js'
import {
  costsOf,
  type FilterGradientForm,
  filterGradientWork,
  type InputGradientForm,
  inputGradientWork,
} from './convolution-costs.js'
import type { KernelDefinition } from './kernel-definition.js'
import { reversed } from './shapes.js'
import {
  convolutionInfo,
  correlationAttributes,
  filterToOnnx,
  firstTaps,
  isPointwise,
  requireChannelsLast,
  transposedAttributes,
  type Windows,
  windowsOf,
  windowsOfGradient,
} from './windows.js'
import { winogradConvolution, winogradFilterGradient, winogradTiles } from './winograd.js'

/** Gradient of a convolution for its input; also tfjs's transposed convolution. */
const inputGradient: KernelDefinition = {
  infer: (_, { inputShape }) => [{ shape: inputShape, dtype: 'float32' }],
  lower: (context) => {
    requireChannelsLast(context)
    const [x, filter] = [context.output().shape, context.info('filter').shape]
    const windows = windowsOf(convolutionInfo(x, filter, context.attributes))
    const form = context.choose(
      costsOf(inputGradientWork({ x, filter, windows, constant: context.isConstant('filter') })),
    )
    context.set(inputGradientForms[form](context, context.read('dy', 'nchw'), windows), 'nchw')
  },
}

const inputGradientForms: Record<
  InputGradientForm,
  (context: LoweringContext, dy: string, windows: Windows) => string
> = {
  /** At stride 1 it is a convolution with the filter turned around. */
  flipped: (context, dy, windows) => {
    const { kernel, dilation, before, after } = required(windowsOfGradient(windows))
    const filter = context.transpose(reversed(context, context.read('filter'), [0, 1]), [2, 3, 0, 1])
    const attributes = { kernel_shape: [...kernel], dilations: [...dilation], pads: [...before, ...after] }
    return context.emit('Conv', [dy, filter], attributes)
  },
  transposed: (context, dy, windows) => {
    const filter = context.transpose(context.read('filter'), filterToOnnx)
    return context.emit('ConvTranspose', [dy, filter], transposedAttributes(windows))
  },
  /** A matrix product with the filter as tfjs has it, whose results are then added up where the taps lay. */
  scattered: (context, dy, windows) => {
    const [batch, , , channels] = context.output().shape
    const [, rows, columns, outputs] = context.info('dy').shape
    const taps = windows.kernel[0] * windows.kernel[1]
    const filter = context.reshape(context.read('filter'), [taps * channels, outputs])
    const product = context.emit('MatMul', [filter, context.reshape(dy, [batch, outputs, -1])])
    if (isPointwise(windows)) return context.reshape(product, [batch, channels, rows, columns])
    const byTap = context.reshape(product, [batch, taps, channels, -1])
    const byChannel = context.transpose(byTap, [0, 2, 1, 3])
    const apart = context.reshape(byChannel, [batch, channels * taps, rows, columns])
    const places = Float32Array.from({ length: channels * taps * taps }, (_, i) =>
      Number(i % taps === Math.floor(i / taps) % taps),
    )
    const oneTapEach = context.constant(places, { shape: [channels * taps, 1, ...windows.kernel], dtype: 'float32' })
    return context.emit('ConvTranspose', [apart, oneTapEach], { ...transposedAttributes(windows), group: channels })
  },
  winograd: (context, dy, windows) => {
    const backwards = required(windowsOfGradient(windows))
    const { before, after } = backwards
    return winogradConvolution(
      context,
      { name: dy, shape: context.info('dy').shape },
      { name: context.read('filter'), shape: context.info('filter').shape, backwards: true },
      { tiles: required(winogradTiles(backwards)), before, after },
      context.output().shape.slice(1, 3),
    )
  },
}

/** Gradient of a convolution for its filter. */
const filterGradient: KernelDefinition = {
  infer: (_, { filterShape }) => [{ shape: filterShape, dtype: 'float32' }],
  lower: (context) => {
    requireChannelsLast(context)
    const [x, filter] = [context.info('x').shape, context.output().shape]
    const windows = windowsOf(convolutionInfo(x, filter, context.attributes))
    const form = context.choose(costsOf(filterGradientWork({ x, filter, windows, constant: false })))
    context.set(filterGradientForms[form](context, windows))
  },
}

const filterGradientForms: Record<FilterGradientForm, (context: LoweringContext, windows: Windows) => string> = {
  /** For every tap the cells that it saw, `[Cin, cells]`, times the gradients, `[Cout, cells]` transposed. */
  taps: (context, windows) => {
    const [image, gradients] = [channelsFirst(context, 'x'), channelsFirst(context, 'dy')]
    const rows = (value: string, input: string) => context.reshape(value, [context.info(input).shape[3], -1])
    const pairs =
      windows.stride[0] === 1 && !isPointwise(windows) && !context.freeSizes
        ? shiftedPairs(context, image, gradients, windows)
        : seenByTaps(context, image, windows).map((seen) => [seen, gradients])
    const products = pairs.map(([seen, gradient]) =>
      context.emit('Gemm', [rows(seen, 'x'), rows(gradient, 'dy')], { transB: 1 }),
    )
    return context.reshape(context.emit('Concat', products, { axis: 0 }), context.output().shape)
  },
  /** The same as one product, which copies what the taps saw instead of the results. */
  columns: (context, windows) => {
    const [, , , channels] = context.info('x').shape
    const gradients = context.reshape(channelsFirst(context, 'dy'), [context.info('dy').shape[3], -1])
    const slices = seenByTaps(context, channelsFirst(context, 'x'), windows)
    const stacked = slices.length === 1 ? slices[0] : context.emit('Concat', slices, { axis: 0 })
    const columns = context.reshape(stacked, [slices.length * channels, -1])
    return context.reshape(context.emit('Gemm', [columns, gradients], { transB: 1 }), context.output().shape)
  },
  /** A convolution of x with dy in which batch and channels change places, and stride and dilation. */
  correlation: (context, windows) => {
    const [image, gradients] = [channelsFirst(context, 'x'), channelsFirst(context, 'dy')]
    const raw = context.emit('Conv', [image, gradients], correlationAttributes(windows)) // Cin, Cout, kh, kw
    return context.transpose(firstTaps(context, raw, windows), [2, 3, 0, 1])
  },
  winograd: (context, windows) =>
    winogradFilterGradient(
      context,
      { name: context.read('x', 'nchw'), shape: context.info('x').shape },
      { name: context.read('dy', 'nchw'), shape: context.info('dy').shape },
      { tiles: required(winogradTiles(windows)), before: windows.before, after: windows.after },
    ),
}

/**
 * What the taps see, and the gradients that belong to it, at a stride of 1 from row to row: x is moved for every column of
 * the filter, and dy, among rows of zeros, for every row. That is kh + kw copies instead of kh·kw.
 */
function shiftedPairs(context: LoweringContext, x: string, dy: string, windows: Windows): [string, string][] {
  const { kernel, stride, dilation, before, output } = windows
  const [, height, width] = context.info('x').shape
  const reach = (kernel[0] - 1) * dilation[0]
  const below = output[0] + reach - height - before[0]
  const moved = (value: string, [top, left, bottom, right]: readonly number[]) =>
    context.emit('Pad', [value, context.integers([0, 0, top, left, 0, 0, bottom, right])])
  const columns = Array.from({ length: kernel[1] }, (_, column) => {
    const left = before[1] - column * dilation[1]
    const end = (output[1] - 1) * stride[1] + 1
    const cut = moved(x, [before[0], left, below, end - width - left])
    if (stride[1] === 1) return cut
    return context.emit('Slice', [cut, ...[[0], [end], [3], [stride[1]]].map((cells) => context.integers(cells))])
  })
  const rows = Array.from({ length: kernel[0] }, (_, row) =>
    moved(dy, [row * dilation[0], 0, reach - row * dilation[0], 0]),
  )
  return rows.flatMap((gradients) => columns.map((seen): [string, string] => [seen, gradients]))
}

/** `[C, N, H, W]`, which for one image are the same numbers as `[N, C, H, W]`. */
function channelsFirst(context: LoweringContext, input: string): string {
  const value = context.read(input, 'nchw')
  const [batch, height, width, channels] = context.info(input).shape
  if (batch === 1 && !context.freeSizes) return context.reshape(value, [channels, batch, height, width])
  return context.transpose(value, [1, 0, 2, 3])
}

/** What the costs have found to exist. */
function required<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('a form of convolution was chosen that does not exist here')
  return value
}

export const convolutionGradientKernels: readonly (readonly [string, KernelDefinition])[] = [
  ['Conv2DBackpropInput', inputGradient],
  ['Conv2DBackpropFilter', filterGradient],
]
