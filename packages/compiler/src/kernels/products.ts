import { backend_util } from '@tensorflow/tfjs-core'
import type { LoweringContext } from '../onnx/lowering-context.js'
import { activated } from './activation.js'
import type { KernelDefinition } from './kernel-definition.js'

/** A batch of matrix products, either factor transposed. */
const matrixProduct: KernelDefinition = {
  infer: ({ a, b }, { transposeA, transposeB }) => {
    const rows = a.shape.at(transposeA ? -1 : -2) ?? 1
    const columns = b.shape.at(transposeB ? -2 : -1) ?? 1
    const batch = backend_util.assertAndGetBroadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2))
    return [{ shape: [...batch, rows, columns], dtype: 'float32' }]
  },
  lower: (context) => {
    const { transposeA, transposeB } = context.attributes
    const product = context.emit('MatMul', [factor(context, 'a', transposeA), factor(context, 'b', transposeB)])
    const sum = context.has('bias') ? context.emit('Add', [product, context.read('bias')]) : product
    context.set(activated(context, sum, () => context.read('preluActivationWeights')))
  },
}

function factor(context: LoweringContext, input: string, transposed: boolean): string {
  const rank = context.info(input).shape.length
  const value = context.read(input)
  if (!transposed) return value
  const axes = Array.from({ length: rank }, (_, axis) => axis)
  return context.transpose(value, [...axes.slice(0, -2), rank - 1, rank - 2])
}

export const productKernels: readonly (readonly [string, KernelDefinition])[] = [
  ['BatchMatMul', matrixProduct],
  ['_FusedMatMul', matrixProduct],
]
