import { sizeOf } from '../graph/kernel-graph.js'
import { castTo } from './elementwise.js'
import { type KernelDefinition, ofFloats } from './kernel-definition.js'
import { poolingInfo, transposedAttributes, windowAttributes, windowsOf } from './windows.js'

/** Pooling: padding never wins a maximum, and does not count for a mean. */
function pool(operator: 'MaxPool' | 'AveragePool'): KernelDefinition {
  return {
    infer: ({ x }, attributes) => [{ shape: poolingInfo(x, attributes).outShape, dtype: x.dtype }],
    lower: (context) => {
      const { dilations, ...attributes } = windowAttributes(
        windowsOf(poolingInfo(context.info('x'), context.attributes)),
      )
      context.set(context.emit(operator, [context.read('x', 'nchw')], attributes), 'nchw')
    },
  }
}

/** Each maximum hands its gradient to the cell that it came from; cells of several windows add up. */
const maxPoolGradient: KernelDefinition = {
  infer: ({ input }) => [{ shape: input.shape, dtype: 'float32' }],
  lower: (context) => {
    const [batch, height, width, channels] = context.info('input').shape
    const shape = [batch, channels, height, width]
    const windows = windowsOf(poolingInfo(context.info('input'), context.attributes))
    const { dilations, ...attributes } = windowAttributes(windows)
    // The first of equal maxima, as a place in the flattened `[N, C, H, W]`.
    const [, places] = context.emitMany('MaxPool', [context.read('input', 'nchw')], 2, attributes)
    const gradients = context.read('dy', 'nchw')
    const apart = windows.stride.every((stride, axis) => stride >= windows.kernel[axis])
    if (apart && windows.dilation.every((cells) => cells === 1)) {
      context.set(context.emit('MaxUnpool', [gradients, places, context.integers(shape)], attributes), 'nchw')
      return
    }
    const zeros = context.builder.filled(0, { shape: [sizeOf(shape)], dtype: 'float32' })
    const flat = [context.emit('Reshape', [places, context.integers([-1])]), context.reshape(gradients, [-1])]
    const spread = context.emit('ScatterElements', [zeros, ...flat], { axis: 0, reduction: 'add' })
    context.set(context.reshape(spread, shape), 'nchw')
  },
}

/** Maxima, and where in tfjs's flattened `[N, H, W, C]` or `[H, W, C]` each of them lies. */
const maxPoolWithArgmax: KernelDefinition = {
  returnsList: true,
  infer: ({ x }, attributes) => {
    const { outShape } = poolingInfo(x, attributes)
    return [
      { shape: outShape, dtype: x.dtype },
      { shape: outShape, dtype: 'int32' },
    ]
  },
  lower: (context) => {
    const [, height, width, channels] = context.info('x').shape
    const { dilations, ...attributes } = windowAttributes(windowsOf(poolingInfo(context.info('x'), context.attributes)))
    const [maxima, places] = context.emitMany('MaxPool', [context.read('x', 'nchw')], 2, attributes)
    const number = (value: number) => context.integers([value])
    const cell = context.emit('Mod', [places, number(height * width)])
    const plane = context.emit('Div', [places, number(height * width)])
    const channel = context.emit('Mod', [plane, number(channels)])
    let flat = context.emit('Add', [context.emit('Mul', [cell, number(channels)]), channel])
    if (context.attributes.includeBatchInIndex === true) {
      const image = context.emit('Div', [plane, number(channels)])
      flat = context.emit('Add', [flat, context.emit('Mul', [image, number(height * width * channels)])])
    }
    context.set(maxima, 'nchw')
    context.set(castTo(context, flat, 'int32'), 'nchw', 1)
  },
}

/** Each mean hands the same share of its gradient to all cells of its window, which is a convolution transposed. */
const averagePoolGradient: KernelDefinition = {
  infer: ({ input }) => [{ shape: input.shape, dtype: 'float32' }],
  lower: (context) => {
    const windows = windowsOf(poolingInfo(context.info('input'), context.attributes))
    const channels = context.output().shape[3]
    const cells = windows.kernel[0] * windows.kernel[1]
    const shares = context.builder.filled(1 / cells, { shape: [channels, 1, ...windows.kernel], dtype: 'float32' })
    const attributes = { ...transposedAttributes(windows), group: channels }
    context.set(context.emit('ConvTranspose', [context.read('dy', 'nchw'), shares], attributes), 'nchw')
  },
}

export const poolingKernels: readonly (readonly [string, KernelDefinition])[] = [
  ['MaxPool', ofFloats(pool('MaxPool'))],
  ['MaxPoolWithArgmax', ofFloats(maxPoolWithArgmax)],
  ['AvgPool', pool('AveragePool')],
  ['MaxPoolGrad', maxPoolGradient],
  ['AvgPoolGrad', averagePoolGradient],
]
