import { PixelwiseError } from '@pixelwise/masks/shared'
import * as tf from '@tensorflow/tfjs-core'
import { checkRank, shapeText } from './checks.js'

/**
 * Every output is a weighted sum of all inputs, plus its bias.
 *
 * Shapes: x `[N, K]`, weights `[K, M]`, bias `[M]` → `[N, M]` float32. The caller disposes the result.
 * Throws `fullyConnected/wrong-rank`, `/size-mismatch`.
 * Source: Caffe's InnerProduct layer (whose weights are stored `[M, K]`).
 */
export function fullyConnected(x: tf.Tensor2D, weights: tf.Tensor2D, bias?: tf.Tensor1D): tf.Tensor2D {
  checkRank('fullyConnected', 'x', x, 'N, K')
  checkRank('fullyConnected', 'weights', weights, 'K, M')
  if (bias) checkRank('fullyConnected', 'bias', bias, 'M')
  if (x.shape[1] !== weights.shape[0] || (bias && bias.shape[0] !== weights.shape[1])) {
    throw new PixelwiseError('fullyConnected/size-mismatch', {
      what: `fullyConnected: x ${shapeText(x.shape)}, weights ${shapeText(weights.shape)}${bias ? `, bias ${shapeText(bias.shape)}` : ''}`,
      rule: 'expected x [N, K], weights [K, M] and bias [M]',
      next: 'transpose weights that come as [M, K] (Caffe stores them so)',
    })
  }
  return tf.tidy(() => {
    const sum: tf.Tensor2D = tf.matMul(x, weights)
    return bias ? tf.add(sum, bias) : sum
  })
}
