import { sizeOf } from '../graph/kernel-graph.js'
import type { LoweringContext } from '../onnx/lowering-context.js'
import type { KernelDefinition } from './kernel-definition.js'
import { poolingInfo, poolingWindows, transposedAttributes, windowAttributes } from './windows.js'

/** Pooling: padding never wins a maximum, and does not count for a mean. */
function pool(operator: 'MaxPool' | 'AveragePool'): KernelDefinition {
  return {
    infer: ({ x }, attributes) => [{ shape: poolingInfo(x, attributes).outShape, dtype: x.dtype }],
    lower: (context) => {
      const { dilations, ...attributes } = windowAttributes(
        poolingWindows(poolingInfo(context.info('x'), context.attributes)),
      )
      context.set(context.emit(operator, [context.read('x', 'nchw')], attributes), 'nchw')
    },
  }
}

/** Each maximum hands its gradient to the cell that it came from; cells of several windows add up. */
const maxPoolGradient: KernelDefinition = {
  infer: ({ input }) => [{ shape: input.shape, dtype: 'float32' }],
  lower: (context) => {
    const info = context.info('input')
    const [batch, height, width, channels] = info.shape
    const positions = context.emit('Reshape', [maximumPositions(context, 'input'), context.integers([-1])])
    const gradients = context.reshape(context.read('dy', 'nchw'), [-1])
    const zeros = context.builder.filled(0, { shape: [sizeOf(info.shape)], dtype: 'float32' })
    const spread = context.emit('ScatterElements', [zeros, positions, gradients], { axis: 0, reduction: 'add' })
    context.set(context.reshape(spread, [batch, channels, height, width]), 'nchw')
  },
}

/** Where in the flattened `[N, C, H, W]` input each maximum lies; the first of equals. */
function maximumPositions(context: LoweringContext, input: string): string {
  const windows = poolingWindows(poolingInfo(context.info(input), context.attributes))
  const { dilations, ...attributes } = windowAttributes(windows)
  return context.emitMany('MaxPool', [context.read(input, 'nchw')], 2, attributes)[1]
}

/** Each mean hands the same share of its gradient to all cells of its window, which is a convolution transposed. */
const averagePoolGradient: KernelDefinition = {
  infer: ({ input }) => [{ shape: input.shape, dtype: 'float32' }],
  lower: (context) => {
    const windows = poolingWindows(poolingInfo(context.info('input'), context.attributes))
    const channels = context.output().shape[3]
    const cells = windows.kernel[0] * windows.kernel[1]
    const shares = context.builder.filled(1 / cells, { shape: [channels, 1, ...windows.kernel], dtype: 'float32' })
    const attributes = { ...transposedAttributes(windows), group: channels }
    context.set(context.emit('ConvTranspose', [context.read('dy', 'nchw'), shares], attributes), 'nchw')
  },
}

export const poolingKernels: readonly (readonly [string, KernelDefinition])[] = [
  ['MaxPool', pool('MaxPool')],
  ['AvgPool', pool('AveragePool')],
  ['MaxPoolGrad', maxPoolGradient],
  ['AvgPoolGrad', averagePoolGradient],
]
