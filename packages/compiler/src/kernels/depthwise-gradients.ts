import type { KernelDefinition } from './kernel-definition.js'
import {
  convolutionInfo,
  convolutionWindows,
  correlationAttributes,
  firstTaps,
  transposedAttributes,
} from './windows.js'

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

export const depthwiseGradientKernels: readonly (readonly [string, KernelDefinition])[] = [
  ['DepthwiseConv2dNativeBackpropInput', depthwiseInputGradient],
  ['DepthwiseConv2dNativeBackpropFilter', depthwiseFilterGradient],
]
