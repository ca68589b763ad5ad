import * as tf from '@tensorflow/tfjs-core'
import { checkRank } from './checks.js'
import { checkNormalization, checkSameShape, type LossNormalization, lossDivisor } from './loss-normalization.js'
import { stagedTotal } from './staged-sum.js'
import { withGradient } from './with-gradient.js'

/** Which pixels count, and how the sum is normalised. */
export interface SoftmaxCrossEntropyOptions {
  /** Pixels of this label count for nothing; 255 by default, null for none. */
  readonly ignoreLabel?: number | null
  /** `valid` by default: the mean over the pixels that count. */
  readonly normalization?: LossNormalization
  /** `[N, H, W]`, 1 inside the images of a padded batch and 0 outside; everything is inside by default. */
  readonly validMask?: tf.Tensor3D
  /**
   * `[N, H, W]` float32, 0 or more: what the loss of each pixel is multiplied by; 1 by default. `valid` then divides by the
   * sum of the weights of the pixels that count, as PyTorch does; the other normalisations take no notice.
   */
  readonly pixelWeights?: tf.Tensor3D
}

/**
 * Softmax and the negative log-likelihood of the true class, summed over the pixels that count and normalised.
 *
 * The gradient is p − onehot in closed form; only logits, labels and weights are kept for it. A label outside the
 * classes makes the loss NaN, as nothing is read back here; `checkLabels` says where it is.
 *
 * Shapes: logits `[N, H, W, C]` float32, labels `[N, H, W]` int32 → scalar. The caller disposes the result.
 * Throws `softmaxCrossEntropy/wrong-rank`, `/shape-mismatch`, `/bad-option`.
 * Source: Long 2016, §3.3; Caffe's SoftmaxWithLoss layer, which likewise bounds the loss of a pixel at −log(FLT_MIN).
 */
export function softmaxCrossEntropy(
  logits: tf.Tensor4D,
  labels: tf.Tensor3D,
  options: SoftmaxCrossEntropyOptions = {},
): tf.Scalar {
  const { ignoreLabel = 255, normalization = 'valid', validMask, pixelWeights } = options
  checkRank('softmaxCrossEntropy', 'logits', logits, 'N, H, W, C')
  checkSameShape('softmaxCrossEntropy', 'labels', labels, logits.shape.slice(0, 3))
  if (validMask) checkSameShape('softmaxCrossEntropy', 'validMask', validMask, logits.shape.slice(0, 3))
  if (pixelWeights) checkSameShape('softmaxCrossEntropy', 'pixelWeights', pixelWeights, logits.shape.slice(0, 3))
  checkNormalization('softmaxCrossEntropy', normalization)
  return tf.tidy(() => {
    const counted = countedPixels(labels, ignoreLabel, validMask)
    const shares = pixelWeights ? tf.mul<tf.Tensor3D>(counted, pixelWeights) : counted
    const weights = tf.div<tf.Tensor3D>(shares, lossDivisor(normalization, shares, validMask))
    const countedLabels = tf.mul(labels, tf.cast(tf.greater(counted, 0), 'int32'))
    const known = tf.logicalAnd(tf.greaterEqual(countedLabels, 0), tf.less(countedLabels, logits.shape[3]))
    return weightedCrossEntropy(
      logits,
      tf.mul(countedLabels, tf.cast(known, 'int32')),
      tf.where(known, weights, tf.fill(weights.shape, Number.NaN)),
    )
  })
}

/** Σ weight·(log Σ exp(logits) − logit of the label), with its gradient for the logits. */
function weightedCrossEntropy(logits: tf.Tensor4D, labels: tf.Tensor, weights: tf.Tensor3D): tf.Scalar {
  const classes = logits.shape[3]
  return withGradient(
    [logits],
    [logits, labels, weights],
    () => {
      const shifted = tf.sub(logits, tf.max(logits, 3, true))
      const ofLabel = tf.tidy(() => tf.sum(tf.mul(shifted, oneHot(labels, classes)), 3))
      const loss = tf.tidy(() => tf.sub(tf.log(tf.sum(tf.exp(shifted), 3)), ofLabel))
      return stagedTotal(tf.mul(tf.minimum(loss, largestLoss), weights))
    },
    (dy, [scores, targets, shares]) => [
      tf.tidy(() => {
        const excess = tf.tidy(() => tf.sub(tf.softmax(scores, 3), oneHot(targets, classes)))
        return tf.mul(excess, tf.expandDims(tf.mul(shares, dy), 3))
      }),
    ],
  )
}

/** `[N, H, W]` → `[N, H, W, C]` float32; tfjs's wasm kernel writes integers whatever type it is asked for. */
function oneHot(labels: tf.Tensor, classes: number): tf.Tensor {
  return tf.cast(tf.oneHot(labels as tf.Tensor3D, classes, 1, 0, 'int32'), 'float32')
}

/** 1 where a pixel has a label and lies inside its image, else 0: `[N, H, W]` float32. */
function countedPixels(labels: tf.Tensor3D, ignoreLabel: number | null, validMask?: tf.Tensor3D): tf.Tensor3D {
  const inside = validMask ?? tf.ones<tf.Rank.R3>(labels.shape)
  if (ignoreLabel === null) return inside
  return tf.mul(tf.cast(tf.notEqual(labels, tf.scalar(ignoreLabel, 'int32')), 'float32'), inside)
}

/** −log of the smallest normal float32, Caffe's bound on a probability. */
const largestLoss = -Math.log(2 ** -126)
