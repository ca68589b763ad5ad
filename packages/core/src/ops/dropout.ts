import { PixelwiseError, type Rng } from '@pixelwise/masks/shared'
import * as tf from '@tensorflow/tfjs-core'
import { shapeText } from './checks.js'

/**
 * Silences the values where the mask is 0 and scales the others by 1 / (1 − rate), so that the expected sum stays.
 *
 * The mask is an argument, never drawn here: a traced or repeated step sees exactly the mask it is given.
 *
 * Shapes: x and mask alike, any rank, float32; mask of 0 and 1; rate in [0, 1). The caller disposes the result.
 * Throws `dropout/shape-mismatch`, `dropout/bad-rate`.
 * Source: Srivastava et al. 2014; Caffe's Dropout layer (scaling while training).
 */
export function dropout<R extends tf.Rank>(x: tf.Tensor<R>, mask: tf.Tensor<R>, rate: number): tf.Tensor<R> {
  checkRate(rate)
  if (shapeText(x.shape) !== shapeText(mask.shape)) {
    throw new PixelwiseError('dropout/shape-mismatch', {
      what: `dropout: mask ${shapeText(mask.shape)} for x ${shapeText(x.shape)}`,
      rule: 'the mask must have the shape of x',
      next: 'draw it with dropoutMask(x.shape, rate, rng)',
    })
  }
  return tf.tidy(() => tf.mul(x, tf.mul(mask, 1 / (1 - rate))))
}

/**
 * A mask of ones with zeros at the given rate.
 *
 * The caller disposes it. Throws `dropout/bad-rate` unless rate is in [0, 1).
 */
export function dropoutMask(shape: readonly number[], rate: number, rng: Rng): tf.Tensor {
  checkRate(rate)
  const values = new Float32Array(shape.reduce((product, size) => product * size, 1))
  for (let i = 0; i < values.length; i++) values[i] = rng.uniform() < rate ? 0 : 1
  return tf.tensor(values, [...shape], 'float32')
}

function checkRate(rate: number): void {
  if (rate >= 0 && rate < 1) return
  throw new PixelwiseError('dropout/bad-rate', {
    what: `dropout: rate ${rate}`,
    rule: 'expected a number of at least 0 and below 1',
    next: 'pass the share of values to silence, such as 0.5',
  })
}
