import type { LoweringContext } from '../onnx/lowering-context.js'
import { activated } from './activation.js'
import { readBroadcast } from './elementwise.js'
import type { KernelDefinition } from './kernel-definition.js'
import { reversed } from './shapes.js'
import { convolutionInfo, convolutionWindows, requireChannelsLast, type Windows, windowAttributes } from './windows.js'

/** `[kh, kw, Cin, Cout]` → ONNX's `[Cout, Cin, kh, kw]`; the same serves the transposed convolution. */
const filterToOnnx = [3, 2, 0, 1]

function lowerConvolution(context: LoweringContext): void {
  requireChannelsLast(context)
  const windows = convolutionWindows(
    convolutionInfo(context.info('x').shape, context.info('filter').shape, context.attributes),
  )
  const filter = context.transpose(context.read('filter'), filterToOnnx)
  context.set(finish(context, context.read('x', 'nchw'), filter, windowAttributes(windows)), 'nchw')
}

/** Depthwise: every channel is a group; the filter `[kh, kw, C, M]` becomes `[C·M, 1, kh, kw]`. */
function lowerDepthwise(context: LoweringContext): void {
  requireChannelsLast(context)
  const { shape } = context.info('filter')
  const windows = convolutionWindows(convolutionInfo(context.info('x').shape, shape, context.attributes, true))
  const [height, width, channels, multiplier] = shape
  const turned = context.transpose(context.read('filter'), [2, 3, 0, 1])
  const filter = context.reshape(turned, [channels * multiplier, 1, height, width])
  const attributes = { ...windowAttributes(windows), group: channels }
  context.set(finish(context, context.read('x', 'nchw'), filter, attributes), 'nchw')
}

/** The convolution itself, with the bias and the activation of the fused kernels. */
function finish(
  context: LoweringContext,
  x: string,
  filter: string,
  attributes: Record<string, number | number[]>,
): string {
  const bias = biasVector(context)
  const scores = context.emit('Conv', bias === undefined ? [x, filter] : [x, filter, bias], attributes)
  return activated(context, scores, () => readBroadcast(context, 'preluActivationWeights', 'nchw'))
}

function biasVector(context: LoweringContext): string | undefined {
  if (!context.has('bias')) return undefined
  const channels = context.output().shape[3]
  const { shape } = context.info('bias')
  const bias = context.read('bias')
  if (shape.length === 1 && shape[0] === channels) return bias
  return context.emit('Expand', [context.reshape(bias, [-1]), context.integers([channels])])
}

const convolution: KernelDefinition = {
  infer: ({ x, filter }, attributes) => [
    { shape: convolutionInfo(x.shape, filter.shape, attributes).outShape, dtype: 'float32' },
  ],
  lower: lowerConvolution,
}

const depthwiseConvolution: KernelDefinition = {
  infer: ({ x, filter }, attributes) => [
    { shape: convolutionInfo(x.shape, filter.shape, attributes, true).outShape, dtype: 'float32' },
  ],
  lower: lowerDepthwise,
}

/** Gradient of a convolution for its input; also tfjs's transposed convolution. */
const inputGradient: KernelDefinition = {
  infer: (_, { inputShape }) => [{ shape: inputShape, dtype: 'float32' }],
  lower: (context) => {
    requireChannelsLast(context)
    const windows = convolutionWindows(
      convolutionInfo(context.output().shape, context.info('filter').shape, context.attributes),
    )
    const dy = context.read('dy', 'nchw')
    const flippable = flippedPads(windows)
    if (flippable === undefined) {
      const filter = context.transpose(context.read('filter'), filterToOnnx)
      context.set(context.emit('ConvTranspose', [dy, filter], transposedAttributes(windows)), 'nchw')
      return
    }
    // At stride 1 it is a convolution with the filter turned around, which ONNX Runtime does about twice as fast.
    const turned = reversed(context, context.read('filter'), [0, 1])
    const filter = context.transpose(turned, [2, 3, 0, 1])
    const attributes = { kernel_shape: [...windows.kernel], dilations: [...windows.dilation], pads: flippable }
    context.set(context.emit('Conv', [dy, filter], attributes), 'nchw')
  },
}

/** Padding of the convolution that undoes a stride-1 one, where it needs none below zero. */
function flippedPads({ kernel, stride, dilation, before, after }: Windows): number[] | undefined {
  if (stride[0] !== 1 || stride[1] !== 1) return undefined
  const reach = kernel.map((taps, axis) => (taps - 1) * dilation[axis])
  const pads = [...before.map((cells, axis) => reach[axis] - cells), ...after.map((cells, axis) => reach[axis] - cells)]
  return pads.every((cells) => cells >= 0) ? pads : undefined
}

/** Attributes of the ConvTranspose whose output has the size of the convolution's input. */
export function transposedAttributes({ kernel, stride, dilation, before, after }: Windows): Record<string, number[]> {
  return {
    kernel_shape: [...kernel],
    strides: [...stride],
    dilations: [...dilation],
    pads: [...before, ...after.map((cells) => Math.max(0, cells))],
    output_padding: after.map((cells) => Math.max(0, -cells)),
  }
}

/** Gradient of a convolution for its filter, in whichever of two equal forms is faster for its shape. */
const filterGradient: KernelDefinition = {
  infer: (_, { filterShape }) => [{ shape: filterShape, dtype: 'float32' }],
  lower: (context) => {
    requireChannelsLast(context)
    const windows = convolutionWindows(
      convolutionInfo(context.info('x').shape, context.output().shape, context.attributes),
    )
    const image = context.transpose(context.read('x', 'nchw'), [1, 0, 2, 3]) // Cin, N, H, W
    const gradient = context.transpose(context.read('dy', 'nchw'), [1, 0, 2, 3]) // Cout, N, h, w
    const form = windows.kernel[0] * windows.kernel[1] <= mostProducts ? byProducts : byCorrelation
    context.set(form(context, image, gradient, windows))
  },
}

/**
 * A matrix product per tap took a third to two thirds of the time of the correlation for 3 to 256 channels (filters of
 * 1×1 to 7×7 on ONNX Runtime's CPU, 2 threads). The filters of upsampling have thousands of taps and few channels.
 */
const mostProducts = 128

/** A convolution of x with dy in which batch and channels change places, and stride and dilation. */
function byCorrelation(context: LoweringContext, image: string, gradient: string, windows: Windows): string {
  const raw = context.emit('Conv', [image, gradient], correlationAttributes(windows)) // Cin, Cout, kh, kw
  return context.transpose(firstTaps(context, raw, windows), [2, 3, 0, 1])
}

/** For every tap the cells that it saw, `[Cin, cells]`, times the gradients, `[Cout, cells]` transposed. */
function byProducts(context: LoweringContext, image: string, gradient: string, windows: Windows): string {
  const { kernel, stride, dilation, before, after, output } = windows
  const around = context.integers([0, 0, ...before, 0, 0, ...after.map((cells) => Math.max(0, cells))])
  const padded = context.emit('Pad', [image, around])
  const rows = context.reshape(gradient, [context.info('dy').shape[3], -1])
  const taps: string[] = []
  for (let row = 0; row < kernel[0]; row++) {
    for (let column = 0; column < kernel[1]; column++) {
      const from = [row * dilation[0], column * dilation[1]]
      const to = from.map((cell, axis) => cell + (output[axis] - 1) * stride[axis] + 1)
      const bounds = [from, to, [2, 3], stride].map((cells) => context.integers(cells))
      const seen = context.emit('Slice', [padded, ...bounds])
      const cells = context.reshape(seen, [context.info('x').shape[3], -1])
      taps.push(context.emit('Gemm', [cells, rows], { transB: 1 }))
    }
  }
  return context.reshape(context.emit('Concat', taps, { axis: 0 }), context.output().shape)
}

function correlationAttributes({ stride, dilation, before, after, output }: Windows): Record<string, number[]> {
  return {
    kernel_shape: [...output],
    strides: [...dilation],
    dilations: [...stride],
    pads: [...before, ...after.map((cells) => Math.max(0, cells))],
  }
}

/** Cells of the map that no window saw would appear as further taps. */
function firstTaps(context: LoweringContext, value: string, { kernel, after }: Windows): string {
  if (after.every((cells) => cells >= 0)) return value
  const sizes = [0, 0, ...kernel]
  return context.emit('Slice', [
    value,
    context.integers([0, 0]),
    context.integers(sizes.slice(2)),
    context.integers([2, 3]),
  ])
}

const depthwiseInputGradient: KernelDefinition = {
  infer: (_, { inputShape }) => [{ shape: inputShape, dtype: 'float32' }],
  lower: (context) => {
    const { shape } = context.info('filter')
    const windows = convolutionWindows(convolutionInfo(context.output().shape, shape, context.attributes, true))
    const [height, width, channels, multiplier] = shape
    const turned = context.transpose(context.read('filter'), [2, 3, 0, 1])
    const filter = context.reshape(turned, [channels * multiplier, 1, height, width])
    const attributes = { ...transposedAttributes(windows), group: channels }
    context.set(context.emit('ConvTranspose', [context.read('dy', 'nchw'), filter], attributes), 'nchw')
  },
}

const depthwiseFilterGradient: KernelDefinition = {
  infer: (_, { filterShape }) => [{ shape: filterShape, dtype: 'float32' }],
  lower: (context) => {
    const { shape } = context.output()
    const [height, width, channels, multiplier] = shape
    const { shape: input } = context.info('x')
    const windows = convolutionWindows(convolutionInfo(input, shape, context.attributes, true))
    const [batch, rows, columns] = input
    const byChannel = context.transpose(context.read('x', 'nchw'), [1, 0, 2, 3])
    const image = context.reshape(byChannel, [1, channels * batch, rows, columns])
    const gradient = context.transpose(context.read('dy', 'nchw'), [1, 0, 2, 3]) // C·M, N, h, w
    const attributes = { ...correlationAttributes(windows), group: channels }
    const raw = firstTaps(context, context.emit('Conv', [image, gradient], attributes), windows)
    const apart = context.reshape(raw, [channels, multiplier, height, width])
    context.set(context.transpose(apart, [2, 3, 0, 1]))
  },
}

export const convolutionKernels: readonly (readonly [string, KernelDefinition])[] = [
  ['Conv2D', convolution],
  ['FusedConv2D', convolution],
  ['DepthwiseConv2dNative', depthwiseConvolution],
  ['FusedDepthwiseConv2D', depthwiseConvolution],
  ['Conv2DBackpropInput', inputGradient],
  ['Conv2DBackpropFilter', filterGradient],
  ['DepthwiseConv2dNativeBackpropInput', depthwiseInputGradient],
  ['DepthwiseConv2dNativeBackpropFilter', depthwiseFilterGradient],
]
