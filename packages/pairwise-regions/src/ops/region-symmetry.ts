import * as tf from '@tensorflow/tfjs-core'
import { type Offsets, symmetricOffsets } from '../algebra/add-pairs.js'
import { type SemiringName, semiringOf } from '../algebra/semirings.js'
import { offsetsOf } from './pair-channels.js'
import { regionTranspose } from './region-transpose.js'
import { tensorSemirings } from './tensor-semirings.js'

/** Semiring and origin. */
export interface RegionSymmetryOptions {
  /** Default `sumproduct`. */
  readonly semiring?: SemiringName
  /** Default `⌊R/2⌋`. */
  readonly origin?: number
}

/**
 * p ⊕ pᵀ: what either of two cells says about the other holds for both.
 *
 * Shapes: `[N, H, W, R·R]` → `[N, H, W, K·K]`, float32, where K is R if the origin is the middle of an odd window, and
 * otherwise the smallest odd window about the origin that has all offsets: `2·max(origin, R − 1 − origin) + 1`. Of equal
 * values in `minplus` and `maxmin`, p's own takes the gradient.
 * Throws `regionSymmetry/wrong-rank`, `/not-square`, `/bad-origin`, `semiring/unknown`. Source: Long 2016, §4.3.2.
 */
export function regionSymmetry(
  p: tf.Tensor4D,
  { semiring = 'sumproduct', origin }: RegionSymmetryOptions = {},
): tf.Tensor4D {
  const { zero } = semiringOf(semiring)
  const offsets = offsetsOf('regionSymmetry', 'p', p, origin)
  const wide = symmetricOffsets(offsets)
  return tf.tidy(() => {
    const own = widenWindow(p, offsets, wide, zero)
    const turned = regionTranspose(own, { origin: wide.origin, fill: zero })
    return tensorSemirings[semiring].add(own, turned) as tf.Tensor4D
  })
}

/** The same pairs in a larger window. */
function widenWindow(p: tf.Tensor4D, from: Offsets, to: Offsets, fill: number): tf.Tensor4D {
  if (from.window === to.window) return p
  const [batch, rows, columns] = p.shape
  const before = to.origin - from.origin
  const sides: [number, number] = [before, to.window - from.window - before]
  const lines = tf.reshape<tf.Rank.R3>(p, [batch * rows * columns, from.window, from.window])
  return tf.reshape(tf.pad(lines, [[0, 0], sides, sides], fill), [batch, rows, columns, to.window ** 2])
}
