import { backend_util } from '@tensorflow/tfjs-core'
import type { LoweringContext } from '../onnx/lowering-context.js'
import { activated } from './activation.js'
import { type KernelDefinition, ofFloats, ofNumbers } from './kernel-definition.js'

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

/** Sums of products over the axes that the result does not name, as ONNX writes them too. */
const einsum: KernelDefinition = {
  infer: (inputs, { equation }) => {
    const [terms, result] = (equation as string).replaceAll(' ', '').split('->')
    const lengths = new Map<string, number>()
    for (const [i, term] of terms.split(',').entries()) {
      for (const [axis, name] of [...term].entries()) lengths.set(name, inputs[i].shape[axis])
    }
    return [{ shape: [...result].map((name) => lengths.get(name) ?? 1), dtype: inputs[0].dtype }]
  },
  lower: (context) => {
    const operands = Object.keys(context.node.inputs).map((name) => context.read(name))
    context.set(context.emit('Einsum', operands, { equation: context.attributes.equation }))
  },
}

export const productKernels: readonly (readonly [string, KernelDefinition])[] = [
  ['BatchMatMul', ofFloats(matrixProduct)],
  ['_FusedMatMul', ofFloats(matrixProduct)],
  ['Einsum', ofNumbers(einsum)],
]
