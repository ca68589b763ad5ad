import { withGradient } from '@pixelwise/core'
import * as tf from '@tensorflow/tfjs-core'
import type { SemiringName } from '../algebra/semirings.js'

/** The operations of a semiring on tensors. */
export interface TensorSemiring {
  /**
   * a ⊕ b. Of equal values in `minplus` and `maxmin`, the first takes the gradient; where both are −∞ in `logsumexp`,
   * neither.
   */
  add(a: tf.Tensor, b: tf.Tensor): tf.Tensor
  multiply(a: tf.Tensor, b: tf.Tensor): tf.Tensor
}

export const tensorSemirings: Readonly<Record<SemiringName, TensorSemiring>> = {
  sumproduct: { add: tf.add, multiply: tf.mul },
  minplus: { add: tf.minimum, multiply: tf.add },
  maxmin: { add: tf.maximum, multiply: tf.minimum },
  logsumexp: { add: logAddExp, multiply: tf.add },
}

/** log(eᵃ + eᵇ) for tensors of one shape, without overflow. */
function logAddExp(a: tf.Tensor, b: tf.Tensor): tf.Tensor {
  return withGradient(
    [a, b],
    [a, b],
    () => tf.tidy(() => logOfSum([a, b])),
    (dy, [x, y]) => {
      const sum = logOfSum([x, y])
      return [x, y].map((term) => tf.mul(dy, shareOf(term, sum))) as [tf.Tensor, tf.Tensor]
    },
  )
}

/** The logarithm of the sum of exponentials of tensors of one shape: −∞ where all of them are. */
function logOfSum(terms: readonly tf.Tensor[]): tf.Tensor {
  const largest = finiteOr0(terms.reduce((a, b) => tf.maximum(a, b)))
  const sum = terms.map((term) => tf.exp(tf.sub(term, largest))).reduce((a, b) => tf.add(a, b))
  return tf.add(tf.log(sum), largest)
}

/** A tensor with 0 in the place of −∞, so that differences with it are never NaN. */
export function finiteOr0(x: tf.Tensor): tf.Tensor {
  return tf.where(tf.equal(x, Number.NEGATIVE_INFINITY), tf.zerosLike(x), x)
}

/** e to the term over e to the sum: how much of a sum a term is; 0 where both are −∞. */
export function shareOf(term: tf.Tensor, sum: tf.Tensor): tf.Tensor {
  return tf.exp(tf.sub(term, finiteOr0(sum)))
}
