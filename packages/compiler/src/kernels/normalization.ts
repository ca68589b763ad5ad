import type { LoweringContext } from '../onnx/lowering-context.js'
import { type KernelDefinition, ofFloats } from './kernel-definition.js'

interface Neighbourhood {
  readonly depthRadius: number
  readonly bias: number
  readonly alpha: number
  readonly beta: number
}

/** Sums over the channels around each channel of `[N, C, H, W]`, as a convolution of single cells: bias + α·Σ. */
function overNeighbours(context: LoweringContext, value: string, { depthRadius, bias, alpha }: Neighbourhood): string {
  const channels = context.output().shape[3]
  const band = new Float32Array(channels * channels)
  for (let i = 0; i < channels; i++) {
    band.fill(
      alpha,
      i * channels + Math.max(0, i - depthRadius),
      i * channels + Math.min(channels, i + depthRadius + 1),
    )
  }
  const filter = context.constant(band, { shape: [channels, channels, 1, 1], dtype: 'float32' })
  const added = bias === 0 ? [] : [context.builder.filled(bias, { shape: [channels], dtype: 'float32' })]
  return context.emit('Conv', [value, filter, ...added], { kernel_shape: [1, 1] })
}

/** s^β; the exponents of the published nets by square roots, which take a fraction of the time of a power. */
function power(context: LoweringContext, value: string, beta: number): string {
  if (beta === 1) return value
  if (beta !== 0.5 && beta !== 0.75) return context.emit('Pow', [value, context.constant([beta])])
  const root = context.emit('Sqrt', [value])
  return beta === 0.5 ? root : context.emit('Mul', [root, context.emit('Sqrt', [root])])
}

/** x·(bias + α·Σx²)^−β. ONNX has an operator for it, which takes four times as long as these. */
const localResponse: KernelDefinition = {
  infer: ({ x }) => [x],
  lower: (context) => {
    const x = context.read('x', 'nchw')
    if (context.portable) return context.set(asOperator(context, x), 'nchw')
    const strength = overNeighbours(context, context.emit('Mul', [x, x]), context.attributes)
    context.set(context.emit('Div', [x, power(context, strength, context.attributes.beta)]), 'nchw')
  },
}

function asOperator(context: LoweringContext, x: string): string {
  const { depthRadius, bias, alpha, beta } = context.attributes
  const size = 2 * depthRadius + 1
  return context.emit('LRN', [x], {
    size,
    bias: { float: bias },
    alpha: { float: alpha * size },
    beta: { float: beta },
  })
}

/** With s = bias + α·Σx²: dx = dy·s^−β − 2αβ·x·Σ(dy·x·s^(−β−1)). */
const localResponseGradient: KernelDefinition = {
  infer: ({ x }) => [x],
  lower: (context) => {
    const { depthRadius, alpha, beta } = context.attributes
    const [x, dy] = [context.read('x', 'nchw'), context.read('dy', 'nchw')]
    const emit = (operator: string, ...inputs: string[]) => context.emit(operator, inputs)
    const strength = overNeighbours(context, emit('Mul', x, x), context.attributes)
    const direct = emit('Div', dy, power(context, strength, beta))
    const weighted = emit('Div', emit('Mul', direct, x), strength)
    const shared = overNeighbours(context, weighted, { depthRadius, bias: 0, alpha: 2 * alpha * beta, beta })
    context.set(emit('Sub', direct, emit('Mul', x, shared)), 'nchw')
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
  ['FusedBatchNorm', ofFloats(batchNorm)],
]
