import { PixelwiseError } from '@pixelwise/masks/shared'
import * as tf from '@tensorflow/tfjs-core'
import { checkRank } from './checks.js'
import { averagePool } from './pooling.js'

/** Local response normalisation; names and defaults as in Caffe. */
export interface LrnOptions {
  /** Window size, odd; channels or cells. */
  readonly size?: number
  /** Strength, divided by the number of window cells as Caffe does (the papers' α is this over n). */
  readonly alpha?: number
  readonly beta?: number
}

/**
 * Divides each value by the strength of its neighbours in the channels: y = x·(k + α/n·Σ x²)^−β.
 *
 * The sum runs over `size` channels centred on the value's own; channels that do not exist count as 0.
 *
 * Shapes: x `[N, H, W, C]` → the same, float32. The caller disposes the result.
 * Throws `lrnAcrossChannels/wrong-rank`, `/bad-size`.
 * Source: Krizhevsky et al. 2012, §3.3; Caffe's LRN layer, ACROSS_CHANNELS.
 */
export function lrnAcrossChannels(x: tf.Tensor4D, options: LrnOptions & { readonly k?: number } = {}): tf.Tensor4D {
  const { size = 5, alpha = 1, beta = 0.75, k = 1 } = options
  checkRank('lrnAcrossChannels', 'x', x, 'N, H, W, C')
  checkOdd('lrnAcrossChannels', size)
  return tf.localResponseNormalization(x, (size - 1) / 2, k, alpha / size, beta)
}

/**
 * Divides each value by the strength of its neighbourhood in its own map: y = x·(1 + α/n²·Σ x²)^−β.
 *
 * The sum runs over `size`×`size` cells around the value; cells outside the map count as 0, and the divisor stays n².
 *
 * Shapes: x `[N, H, W, C]` → the same, float32. The caller disposes the result.
 * Throws `lrnWithinChannel/wrong-rank`, `/bad-size`.
 * Source: Caffe's LRN layer, WITHIN_CHANNEL (which ignores k).
 */
export function lrnWithinChannel(x: tf.Tensor4D, options: LrnOptions = {}): tf.Tensor4D {
  const { size = 5, alpha = 1, beta = 0.75 } = options
  checkRank('lrnWithinChannel', 'x', x, 'N, H, W, C')
  checkOdd('lrnWithinChannel', size)
  return tf.tidy(() => {
    const strength = averagePool(tf.square(x), { window: size, stride: 1, pad: (size - 1) / 2 })
    return tf.mul(x, tf.pow(tf.add(tf.mul(strength, alpha), 1), -beta))
  })
}

function checkOdd(operation: string, size: number): void {
  if (Number.isInteger(size) && size > 0 && size % 2 === 1) return
  throw new PixelwiseError(`${operation}/bad-size`, {
    what: `${operation}: size ${size}`,
    rule: 'the window needs a middle, so its size must be an odd whole number',
    next: 'pass 3 or 5',
  })
}
