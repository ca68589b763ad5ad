import { withGradient } from '@pixelwise/core'
import { PixelwiseError } from '@pixelwise/masks/shared'
import * as tf from '@tensorflow/tfjs-core'
import { windowOf } from './pair-channels.js'

/**
 * Multiplies each region by the same matrix: out[c, k] = Σ_m p[c, m] · matrix[m, k], with k and m row-major over windows.
 *
 * Shapes: p `[N, H, W, R·R]`, matrix `[R·R, K·K]`, the transpose of what is usually written in front of a vector: as
 * stored here it is the right factor of a plain product, which tfjs's wasm backend computes nine times as fast. Its
 * gradient keeps to plain products for the same reason.
 * Throws `localMatrix/wrong-rank`, `/not-square`, `/wrong-size`. Source: Long 2016, §4.3.3.
 */
export function localMatrix(p: tf.Tensor4D, matrix: tf.Tensor2D): tf.Tensor4D {
  const window = windowOf('localMatrix', 'p', p)
  const [batch, height, width, channels] = p.shape
  const [rows, columns] = matrix.shape
  if (rows !== channels) {
    throw new PixelwiseError('localMatrix/wrong-size', {
      what: `localMatrix: a matrix of ${rows}×${columns} for windows of ${window}×${window} cells`,
      rule: `expected a row for each of the ${channels} entries of a region`,
      next: 'build the matrix for the window of the pathway',
    })
  }
  return tf.tidy(() => {
    const regions = tf.reshape<tf.Rank.R2>(p, [batch * height * width, channels])
    const products = withGradient(
      [regions, matrix],
      [regions, matrix],
      () => tf.matMul(regions, matrix),
      (dy, [x, a]) => [tf.matMul(dy, tf.transpose(a)), tf.matMul(tf.transpose(x), dy)],
    )
    return tf.reshape<tf.Rank.R4>(products, [batch, height, width, columns])
  })
}
