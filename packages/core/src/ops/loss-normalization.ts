import { PixelwiseError } from '@pixelwise/masks/shared'
import * as tf from '@tensorflow/tfjs-core'
import { shapeText } from './checks.js'
import { stagedTotal } from './staged-sum.js'

/**
 * What a summed loss is divided by (Caffe's `normalization`): `valid` the positions that count, or 1 where none does;
 * `full` all positions (of the mask, where there is one), `batch` the images, `none` nothing.
 */
export type LossNormalization = 'valid' | 'full' | 'batch' | 'none'

const normalizations: readonly LossNormalization[] = ['valid', 'full', 'batch', 'none']

/**
 * The divisor as a scalar; `counted` holds the weight of each position, 1 or 0 where nothing else is said, and `mask` 1
 * where it belongs to an image at all.
 */
export function lossDivisor(normalization: LossNormalization, counted: tf.Tensor, mask?: tf.Tensor): tf.Scalar {
  switch (normalization) {
    case 'valid': {
      const total = stagedTotal(counted)
      return tf.add(total, tf.cast(tf.equal(total, 0), 'float32'))
    }
    case 'full':
      return mask ? tf.maximum(stagedTotal(mask), 1) : tf.scalar(Math.max(1, counted.size))
    case 'batch':
      return tf.scalar(Math.max(1, counted.shape[0]))
    case 'none':
      return tf.scalar(1)
  }
}

/** Throws `<operation>/bad-option` for an unknown normalisation. */
export function checkNormalization(operation: string, normalization: LossNormalization): void {
  if (normalizations.includes(normalization)) return
  throw new PixelwiseError(`${operation}/bad-option`, {
    what: `${operation}: normalization "${normalization}"`,
    rule: `expected ${normalizations.map((name) => `"${name}"`).join(', ')}`,
    next: 'use "valid" for the mean over labelled pixels, "none" for the sum',
  })
}

/** Throws `<operation>/shape-mismatch` unless the tensor has the expected shape. */
export function checkSameShape(operation: string, name: string, tensor: tf.Tensor, expected: readonly number[]): void {
  if (shapeText(tensor.shape) === shapeText(expected)) return
  throw new PixelwiseError(`${operation}/shape-mismatch`, {
    what: `${operation}: ${name} ${shapeText(tensor.shape)}`,
    rule: `expected ${shapeText(expected)}, to go with the logits`,
    next: 'crop or resize the logits to the size of the labels',
  })
}
