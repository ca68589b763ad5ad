import * as tf from '@tensorflow/tfjs-core'

/**
 * Sums over several axes one after the other, the last first, keeping each as size 1.
 *
 * Some backends add a quarter of a million float32 numbers one by one and lose three digits; a sum of short sums loses
 * none that matter.
 */
export function stagedSum(x: tf.Tensor, axes: readonly number[]): tf.Tensor {
  return [...axes].sort((a, b) => b - a).reduce<tf.Tensor>((sum, axis) => tf.sum(sum, axis, true), x)
}

/** {@link stagedSum}, divided by the number of values. */
export function stagedMean(x: tf.Tensor, axes: readonly number[]): tf.Tensor {
  return [...axes].sort((a, b) => b - a).reduce<tf.Tensor>((mean, axis) => tf.mean(mean, axis, true), x)
}

/** The {@link stagedSum} of everything, as a scalar. */
export function stagedTotal(x: tf.Tensor): tf.Scalar {
  const axes = x.shape.map((_, axis) => axis)
  return tf.reshape(stagedSum(x, axes), [])
}
