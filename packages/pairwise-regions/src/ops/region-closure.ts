import * as tf from '@tensorflow/tfjs-core'
import type { Offsets } from '../algebra/add-pairs.js'
import { checkSquarings } from '../algebra/close-pairs.js'
import { keptWindow } from '../algebra/multiply-pairs.js'
import { type SemiringName, semiringOf } from '../algebra/semirings.js'
import { offsetsOf } from './pair-channels.js'
import { type RegionProductOptions, regionProduct } from './region-product.js'
import { tensorSemirings } from './tensor-semirings.js'

/** Semiring, origin and length of paths. */
export interface RegionClosureOptions extends Pick<RegionProductOptions, 'semiring' | 'crop'> {
  /** Default `⌊R/2⌋`. */
  readonly origin?: number
  /** How often 1 ⊕ p is multiplied by itself: n times give all paths of up to 2ⁿ steps; 0 adds the identity alone. */
  readonly squarings: number
}

/**
 * (1 ⊕ p)^(2ⁿ): the sum over all paths of at most 2ⁿ steps, where resting is one.
 *
 * Shapes: `[N, H, W, R·R]` → `[N, H, W, K·K]`, float32. With the default crop `same`, K is R: paths may wander about within
 * the windows on their way, but must end in the first. With `full` every squaring makes 2·K − 1 of K. Gradients are those of
 * {@link regionProduct}.
 * Throws `regionClosure/wrong-rank`, `/not-square`, `/bad-origin`, `/bad-option`, `semiring/unknown`.
 * Source: Long 2016, §4.3.2: iteration, and paths of length at most k.
 */
export function regionClosure(
  p: tf.Tensor4D,
  { semiring = 'sumproduct', crop = 'same', origin, squarings }: RegionClosureOptions,
): tf.Tensor4D {
  semiringOf(semiring)
  checkSquarings('regionClosure', squarings)
  const { origin: start, window } = offsetsOf('regionClosure', 'p', p, origin)
  const [, rows, columns] = p.shape
  return tf.tidy(() => {
    const identity = identityLike(p, { window, origin: start }, semiring)
    let closed = tensorSemirings[semiring].add(p, identity) as tf.Tensor4D
    let own = start
    for (let n = 0; n < squarings; n++) {
      const side = Math.sqrt(closed.shape[3])
      const origins = [own, own] as const
      closed = regionProduct(closed, closed, { semiring, crop, origins })
      own = 2 * own - keptWindow(crop, { rows, columns, windows: [side, side], origins }).first
    }
    return closed
  })
}

/** The identity of the product in the shape of `p`. */
function identityLike(p: tf.Tensor4D, { window, origin }: Offsets, semiring: SemiringName): tf.Tensor4D {
  const { zero, one } = semiringOf(semiring)
  const region = new Float32Array(window * window).fill(zero)
  region[origin * window + origin] = one
  return tf.broadcastTo(tf.tensor4d(region, [1, 1, 1, window * window]), p.shape)
}
