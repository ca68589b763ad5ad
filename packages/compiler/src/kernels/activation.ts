import type { LoweringContext } from '../onnx/lowering-context.js'
import { prelu } from './elementwise.js'

/** The activation that tfjs's fused kernels carry as an attribute. */
export function activated(context: LoweringContext, value: string, readAlpha: () => string): string {
  const { activation = 'linear', leakyreluAlpha = 0 } = context.attributes
  switch (activation) {
    case 'linear':
    case null:
      return value
    case 'relu':
      return context.emit('Relu', [value])
    case 'relu6':
      return context.emit('Clip', [value, context.constant([0]), context.constant([6])])
    case 'elu':
      return context.emit('Elu', [value])
    case 'sigmoid':
      return context.emit('Sigmoid', [value])
    case 'leakyrelu':
      return context.emit('LeakyRelu', [value], { alpha: { float: leakyreluAlpha } })
    case 'prelu':
      return prelu(context, value, readAlpha())
    default:
      return context.refuse(`activation "${activation}"`)
  }
}
