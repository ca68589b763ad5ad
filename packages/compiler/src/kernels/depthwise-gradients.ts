import { interpolated, interpolationOf } from './interpolation.js'
import type { KernelDefinition } from './kernel-definition.js'
import { convolutionInfo, correlationAttributes, firstTaps, spread, windowsOf } from './windows.js'

const depthwiseInputGradient: KernelDefinition = {
  infer: (_, { inputShape }) => [{ shape: inputShape, dtype: 'float32' }],
  lower: (context) => {
    const { shape } = context.info('filter')
    const { shape: output } = context.output()
    const windows = windowsOf(convolutionInfo(output, shape, context.attributes, true))
    const values = context.portable ? undefined : context.constantValues('filter')
    const interpolation = values && interpolationOf(values, shape, windows)
    if (interpolation !== undefined) {
      return interpolated(context, 'dy', interpolation, { before: windows.before, size: output.slice(1, 3) })
    }
    const [height, width, channels, multiplier] = shape
    const turned = context.transpose(context.read('filter'), [2, 3, 0, 1])
    const filter = context.reshape(turned, [channels * multiplier, 1, height, width])
    context.set(spread(context, context.read('dy', 'nchw'), filter, windows, channels), 'nchw')
  },
}

const depthwiseFilterGradient: KernelDefinition = {
  infer: (_, { filterShape }) => [{ shape: filterShape, dtype: 'float32' }],
  lower: (context) => {
    const { shape } = context.output()
    const [height, width, channels, multiplier] = shape
    const { shape: input } = context.info('x')
    const windows = windowsOf(convolutionInfo(input, shape, context.attributes, true))
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
