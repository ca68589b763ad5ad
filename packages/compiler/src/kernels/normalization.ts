import type { LoweringContext } from '../onnx/lowering-context.js'
import type { KernelDefinition } from './kernel-definition.js'

/** Sum over the channels around each channel, `[N, C, H, W]`, as a pooling along an axis of its own. */
function sumOfNeighbours(context: LoweringContext, value: string, radius: number): string {
  const [batch, height, width, channels] = context.output().shape
  const size = 2 * radius + 1
  const lined = context.reshape(value, [batch, 1, channels, height * width])
  const mean = context.emit('AveragePool', [lined], {
    kernel_shape: [size, 1],
    pads: [radius, 0, radius, 0],
    count_include_pad: 1,
  })
  const back = context.reshape(mean, [batch, channels, height, width])
  return context.emit('Mul', [back, context.constant([size])])
}

const localResponse: KernelDefinition = {
  infer: ({ x }) => [x],
  lower: (context) => {
    const { depthRadius, bias, alpha, beta } = context.attributes
    const size = 2 * depthRadius + 1
    const attributes = { size, bias: { float: bias }, alpha: { float: alpha * size }, beta: { float: beta } }
    context.set(context.emit('LRN', [context.read('x', 'nchw')], attributes), 'nchw')
  },
}

/** With s = bias + α·Σx²: dx = dy·s^−β − 2αβ·x·Σ(dy·x·s^(−β−1)). */
const localResponseGradient: KernelDefinition = {
  infer: ({ x }) => [x],
  lower: (context) => {
    const { depthRadius, bias, alpha, beta } = context.attributes
    const x = context.read('x', 'nchw')
    const dy = context.read('dy', 'nchw')
    const emit = (operator: string, ...inputs: string[]) => context.emit(operator, inputs)
    const number = (value: number) => context.constant([value])
    const energy = sumOfNeighbours(context, emit('Mul', x, x), depthRadius)
    const strength = emit('Add', emit('Mul', energy, number(alpha)), number(bias))
    const power = emit('Pow', strength, number(-beta))
    const weighted = emit('Div', emit('Mul', emit('Mul', dy, x), power), strength)
    const shared = emit(
      'Mul',
      emit('Mul', x, sumOfNeighbours(context, weighted, depthRadius)),
      number(2 * alpha * beta),
    )
    context.set(emit('Sub', emit('Mul', dy, power), shared), 'nchw')
  },
}

const batchNorm: KernelDefinition = {
  infer: ({ x }) => [x],
  lower: (context) => {
    const { shape } = context.info('x')
    const perChannel = ['mean', 'variance', 'scale', 'offset'].filter((name) => context.has(name))
    const channels = shape[shape.length - 1]
    if (shape.length !== 4 || perChannel.some((name) => `${context.info(name).shape}` !== `${channels}`)) {
      return context.set(normalized(context))
    }
    const orElse = (name: string, value: number) =>
      context.has(name) ? context.read(name) : context.builder.filled(value, { shape: [channels], dtype: 'float32' })
    const x = context.read('x', 'nchw')
    const inputs = [x, orElse('scale', 1), orElse('offset', 0), context.read('mean'), context.read('variance')]
    const attributes = { epsilon: { float: context.attributes.varianceEpsilon } }
    context.set(context.emit('BatchNormalization', inputs, attributes), 'nchw')
  },
}

/** Moments of any shape that broadcasts to that of x. */
function normalized(context: LoweringContext): string {
  const emit = (operator: string, ...inputs: string[]) => context.emit(operator, inputs)
  const variance = emit('Add', context.read('variance'), context.constant([context.attributes.varianceEpsilon]))
  const deviation = emit('Div', emit('Sub', context.read('x'), context.read('mean')), emit('Sqrt', variance))
  const scaled = context.has('scale') ? emit('Mul', deviation, context.read('scale')) : deviation
  return context.has('offset') ? emit('Add', scaled, context.read('offset')) : scaled
}

export const normalizationKernels: readonly (readonly [string, KernelDefinition])[] = [
  ['LRN', localResponse],
  ['LRNGrad', localResponseGradient],
  ['FusedBatchNorm', batchNorm],
]
