import { backend_util } from '@tensorflow/tfjs-core'
import { type Attributes, sizeOf } from '../graph/kernel-graph.js'
import type { LoweringContext } from '../onnx/lowering-context.js'
import type { KernelDefinition } from './kernel-definition.js'
import { padsOf } from './windows.js'

type Shape5 = [number, number, number, number, number]

/** tfjs's `[N, D, H, W, C]` and ONNX's `[N, C, D, H, W]`. */
const toChannelsFirst = [0, 4, 1, 2, 3]
const toChannelsLast = [0, 2, 3, 4, 1]

/** How windows lie in a volume, per axis: depth, rows, columns. */
interface Windows3d {
  readonly shape: number[]
  readonly kernel: readonly number[]
  readonly stride: readonly number[]
  readonly dilation: readonly number[]
  /** Cells added before the first of each axis. */
  readonly before: readonly number[]
  /** Cells added after the last; negative where the last window ends before the volume does. */
  readonly after: readonly number[]
}

function windowsOf(info: backend_util.Conv3DInfo): Windows3d {
  const { padInfo } = info
  const kernel = [info.filterDepth, info.filterHeight, info.filterWidth]
  const stride = [info.strideDepth, info.strideHeight, info.strideWidth]
  const dilation = [info.dilationDepth, info.dilationHeight, info.dilationWidth]
  const before = [padInfo.front, padInfo.top, padInfo.left]
  const input = [info.inDepth, info.inHeight, info.inWidth]
  const output = [info.outDepth, info.outHeight, info.outWidth]
  const after = output.map((count, axis) => {
    const reach = (count - 1) * stride[axis] + (kernel[axis] - 1) * dilation[axis] + 1
    return reach - input[axis] - before[axis]
  })
  return { shape: info.outShape, kernel, stride, dilation, before, after }
}

function convolutionWindows3d(
  x: readonly number[],
  filter: readonly number[],
  { strides, dilations = 1, pad }: Attributes,
): Windows3d {
  return windowsOf(backend_util.computeConv3DInfo(x as Shape5, filter as Shape5, strides, dilations, pad))
}

function poolingWindows3d(
  x: readonly number[],
  { filterSize, strides, pad, dimRoundingMode, dataFormat }: Attributes,
): Windows3d {
  return windowsOf(
    backend_util.computePool3DInfo(x as Shape5, filterSize, strides, 1, pad, dimRoundingMode, dataFormat),
  )
}

function forward(windows: Windows3d): Record<string, number[]> {
  const { kernel, stride, dilation } = windows
  return { kernel_shape: [...kernel], strides: [...stride], dilations: [...dilation], pads: padsOf(windows) }
}

/** Of the transposed convolution whose output has the size of the convolution's input. */
function backward(windows: Windows3d): Record<string, number[]> {
  return { ...forward(windows), output_padding: windows.after.map((cells) => Math.max(0, -cells)) }
}

/** Under padding "same" windows narrower than their stride may begin inside of the volume, for tfjs alone. */
function requireWhole(context: LoweringContext, windows: Windows3d): Windows3d {
  if (windows.before.some((cells) => cells < 0)) context.refuse('windows that begin inside of the volume')
  return windows
}

function channelsFirst(context: LoweringContext, input: string): string {
  return context.transpose(context.read(input), toChannelsFirst)
}

function setChannelsLast(context: LoweringContext, value: string): void {
  context.set(context.transpose(value, toChannelsLast))
}

const convolution3d: KernelDefinition = {
  infer: ({ x, filter }, attributes) => [
    { shape: convolutionWindows3d(x.shape, filter.shape, attributes).shape, dtype: 'float32' },
  ],
  lower: (context) => {
    const sizes = [context.info('x').shape, context.info('filter').shape] as const
    const windows = requireWhole(context, convolutionWindows3d(...sizes, context.attributes))
    const filter = context.transpose(context.read('filter'), [4, 3, 0, 1, 2])
    setChannelsLast(context, context.emit('Conv', [channelsFirst(context, 'x'), filter], forward(windows)))
  },
}

const convolution3dInputGradient: KernelDefinition = {
  infer: (_, { inputShape }) => [{ shape: inputShape, dtype: 'float32' }],
  lower: (context) => {
    const sizes = [context.output().shape, context.info('filter').shape] as const
    const windows = requireWhole(context, convolutionWindows3d(...sizes, context.attributes))
    const filter = context.transpose(context.read('filter'), [4, 3, 0, 1, 2])
    const spread = context.emit('ConvTranspose', [channelsFirst(context, 'dy'), filter], backward(windows))
    setChannelsLast(context, spread)
  },
}

/** A convolution of x with dy in which batch and channels change places, and stride and dilation. */
const convolution3dFilterGradient: KernelDefinition = {
  infer: (_, { filterShape }) => [{ shape: filterShape, dtype: 'float32' }],
  lower: (context) => {
    const { shape } = context.output()
    const windows = requireWhole(context, convolutionWindows3d(context.info('x').shape, shape, context.attributes))
    const [x, dy] = ['x', 'dy'].map((input) => context.transpose(context.read(input), [4, 0, 1, 2, 3]))
    const attributes = {
      kernel_shape: context.info('dy').shape.slice(1, 4),
      strides: [...windows.dilation],
      dilations: [...windows.stride],
      pads: padsOf(windows),
    }
    const raw = context.emit('Conv', [x, dy], attributes) // Cin, Cout and the taps
    // Cells of the volume that no window saw would appear as further taps.
    const taps = [[0, 0, 0], windows.kernel, [2, 3, 4]].map((cells) => context.integers(cells))
    context.set(context.transpose(context.emit('Slice', [raw, ...taps]), [2, 3, 4, 0, 1]))
  },
}

/** Padding never wins a maximum, and does not count for a mean. */
function pool3d(operator: 'MaxPool' | 'AveragePool'): KernelDefinition {
  return {
    infer: ({ x }, attributes) => [{ shape: poolingWindows3d(x.shape, attributes).shape, dtype: x.dtype }],
    lower: (context) => {
      const windows = requireWhole(context, poolingWindows3d(context.info('x').shape, context.attributes))
      const { dilations, ...attributes } = forward(windows)
      setChannelsLast(context, context.emit(operator, [channelsFirst(context, 'x')], attributes))
    },
  }
}

/** Each maximum hands its gradient to the cell that it came from: the first of equal ones. */
const maxPool3dGradient: KernelDefinition = {
  infer: ({ input }) => [{ shape: input.shape, dtype: 'float32' }],
  lower: (context) => {
    const [batch, depth, height, width, channels] = context.info('input').shape
    const shape = [batch, channels, depth, height, width]
    const windows = requireWhole(context, poolingWindows3d(context.info('input').shape, context.attributes))
    const { dilations, ...attributes } = forward(windows)
    const [, places] = context.emitMany('MaxPool', [channelsFirst(context, 'input')], 2, attributes)
    const zeros = context.builder.filled(0, { shape: [sizeOf(shape)], dtype: 'float32' })
    const flat = [places, channelsFirst(context, 'dy')].map((value) => context.reshape(value, [-1]))
    const spread = context.emit('ScatterElements', [zeros, ...flat], { axis: 0, reduction: 'add' })
    setChannelsLast(context, context.reshape(spread, shape))
  },
}

/** Each mean hands the same share of its gradient to all cells of its window. */
const averagePool3dGradient: KernelDefinition = {
  infer: ({ input }) => [{ shape: input.shape, dtype: 'float32' }],
  lower: (context) => {
    const windows = requireWhole(context, poolingWindows3d(context.info('input').shape, context.attributes))
    const channels = context.output().shape[4]
    const shape = [channels, 1, ...windows.kernel]
    const shares = context.builder.filled(1 / sizeOf(windows.kernel), { shape, dtype: 'float32' })
    const attributes = { ...backward(windows), group: channels }
    setChannelsLast(context, context.emit('ConvTranspose', [channelsFirst(context, 'dy'), shares], attributes))
  },
}

/** Convolution and pooling of `[N, D, H, W, C]`. */
export const volumeKernels: readonly (readonly [string, KernelDefinition])[] = [
  ['Conv3D', convolution3d],
  ['Conv3DBackpropInputV2', convolution3dInputGradient],
  ['Conv3DBackpropFilterV2', convolution3dFilterGradient],
  ['MaxPool3D', pool3d('MaxPool')],
  ['AvgPool3D', pool3d('AveragePool')],
  ['MaxPool3DGrad', maxPool3dGradient],
  ['AvgPool3DGrad', averagePool3dGradient],
]
