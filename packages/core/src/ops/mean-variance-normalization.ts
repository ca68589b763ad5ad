import * as tf from '@tensorflow/tfjs-core'
import { checkRank } from './checks.js'
import { stagedMean } from './staged-sum.js'

/**
 * Shifts each map to mean 0 and, unless told otherwise, scales it to standard deviation 1: (x − μ) / (σ + ε).
 *
 * Shapes: x `[N, H, W, C]` → the same, float32. Moments over rows and columns, with `acrossChannels` over channels too.
 * The caller disposes the result. Throws `meanVarianceNormalization/wrong-rank`.
 * Source: Caffe's MVN layer (ε is added to the deviation, not to the variance).
 */
export function meanVarianceNormalization(
  x: tf.Tensor4D,
  options: { readonly acrossChannels?: boolean; readonly normalizeVariance?: boolean; readonly epsilon?: number } = {},
): tf.Tensor4D {
  const { acrossChannels = false, normalizeVariance = true, epsilon = 1e-9 } = options
  checkRank('meanVarianceNormalization', 'x', x, 'N, H, W, C')
  const axes = acrossChannels ? [1, 2, 3] : [1, 2]
  return tf.tidy(() => {
    const centred = tf.sub<tf.Tensor4D>(x, stagedMean(x, axes))
    if (!normalizeVariance) return centred
    const deviation = tf.sqrt(stagedMean(tf.square(centred), axes))
    return tf.div(centred, tf.add(deviation, epsilon))
  })
}
