import * as tf from '@tensorflow/tfjs-core'
import { checkNormalization, checkSameShape, type LossNormalization, lossDivisor } from './loss-normalization.js'
import { stagedTotal } from './staged-sum.js'
import { withGradient } from './with-gradient.js'

/** Which positions count, and how the sum is normalised. */
export interface SigmoidCrossEntropyOptions {
  /** Targets of this value count for nothing; none by default. */
  readonly ignoreLabel?: number | null
  /** `batch` by default, as Caffe: the sum over an image, averaged over images. */
  readonly normalization?: LossNormalization
  /** 1 inside the images of a padded batch and 0 outside, shaped like the logits; everything is inside by default. */
  readonly validMask?: tf.Tensor
}

/**
 * Independent yes/no decisions: −t·log σ(x) − (1 − t)·log(1 − σ(x)), summed over what counts and normalised.
 *
 * The gradient is σ(x) − t in closed form; only logits, targets and weights are kept for it.
 *
 * Shapes: logits and targets alike, any rank with the batch first, float32; targets in 0..1 → scalar. The caller
 * disposes the result. Throws `sigmoidCrossEntropy/shape-mismatch`, `/bad-option`.
 * Source: Caffe's SigmoidCrossEntropyLoss layer.
 */
export function sigmoidCrossEntropy(
  logits: tf.Tensor,
  targets: tf.Tensor,
  options: SigmoidCrossEntropyOptions = {},
): tf.Scalar {
  const { ignoreLabel = null, normalization = 'batch', validMask } = options
  checkSameShape('sigmoidCrossEntropy', 'targets', targets, logits.shape)
  if (validMask) checkSameShape('sigmoidCrossEntropy', 'validMask', validMask, logits.shape)
  checkNormalization('sigmoidCrossEntropy', normalization)
  return tf.tidy(() => {
    const wanted = tf.cast(targets, 'float32')
    const inside = validMask ?? tf.onesLike(logits)
    const counted = ignoreLabel === null ? inside : tf.mul(tf.cast(tf.notEqual(wanted, ignoreLabel), 'float32'), inside)
    const weights = tf.div(counted, lossDivisor(normalization, counted, validMask))
    return weightedCrossEntropy(logits, wanted, weights)
  })
}

/** Σ weight·(max(x, 0) − x·t + log(1 + exp(−|x|))), with its gradient for the logits. */
function weightedCrossEntropy(logits: tf.Tensor, targets: tf.Tensor, weights: tf.Tensor): tf.Scalar {
  return withGradient(
    [logits],
    [logits, targets, weights],
    () => {
      const loss = tf.add(tf.sub(tf.relu(logits), tf.mul(logits, targets)), tf.log1p(tf.exp(tf.neg(tf.abs(logits)))))
      return stagedTotal(tf.mul(loss, weights))
    },
    (dy, [x, wanted, shares]) => [tf.mul(tf.sub(tf.sigmoid(x), wanted), tf.mul(shares, dy))],
  )
}
