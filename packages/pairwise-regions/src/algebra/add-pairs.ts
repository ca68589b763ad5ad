import { type PairArray, type PartialPairGeometry, pairArray } from '../pair-array.js'
import { requireSameGrid } from './multiply-pairs.js'
import { requireEveryCentre, transposePairs } from './region-transpose.js'
import { type Semiring, type SemiringName, semiringOf } from './semirings.js'

/** How two pair arrays are added. */
export interface SumOptions {
  /** Default `sumproduct`. */
  readonly semiring?: SemiringName | Semiring
}

/** A window and the place of the own cell in it. */
export interface Offsets {
  readonly window: number
  readonly origin: number
}

/**
 * The sum of two pair arrays, entry by entry: p₁(x, Δ) ⊕ p₂(x, Δ). Offsets that only one of them has keep its values.
 *
 * Throws `pair-array/mismatch` where the arrays have other grids or strides, `pair-array/subsampled`.
 */
export function addPairs(left: PairArray, right: PairArray, { semiring = 'sumproduct' }: SumOptions = {}): PairArray {
  requireSameGrid('addPairs', left, right)
  const { zero, add } = semiringOf(semiring)
  const union = unionOfOffsets(left, right)
  const sum = pairArray({ ...left, ...union })
  sum.data.fill(zero)
  for (const term of [left, right]) {
    forEachLine(term, sum, (from, to, count) => {
      for (let n = 0; n < count; n++) sum.data[to + n] = add(sum.data[to + n], term.data[from + n])
    })
  }
  return sum
}

/** The identity of the product: `one` for each cell with itself, `zero` for all other pairs. */
export function identityPairs(
  geometry: Omit<PartialPairGeometry, 'window' | 'step'> & { readonly window?: number },
  { semiring = 'sumproduct' }: SumOptions = {},
): PairArray {
  const { zero, one } = semiringOf(semiring)
  const identity = pairArray({ window: 1, ...geometry })
  identity.data.fill(zero)
  const { window, origin, data } = identity
  for (let at = origin * window + origin; at < data.length; at += window * window) data[at] = one
  return identity
}

/**
 * p ⊕ pᵀ: what either of two cells says about the other holds for both, as in an undirected graph.
 *
 * In `minplus` the cheaper direction, in `sumproduct` the sum of both (half of it is the symmetric part). Where the
 * window reaches further to one side, as even ones do, the result has the larger window that reaches as far to both.
 * Throws `pair-array/subsampled`. Source: Long 2016, §4.3.2, on undirected graphs.
 */
export function symmetrisePairs(p: PairArray, { semiring = 'sumproduct' }: SumOptions = {}): PairArray {
  requireEveryCentre('symmetrisePairs', p)
  const transposed = transposePairs(p, { fill: semiringOf(semiring).zero })
  return addPairs(p, transposed, { semiring })
}

/** The smallest window that has the offsets of both. */
export function unionOfOffsets(left: Offsets, right: Offsets): Offsets {
  const origin = Math.max(left.origin, right.origin)
  return { origin, window: origin + Math.max(left.window - left.origin, right.window - right.origin) }
}

/** The smallest window with the same offsets to both sides. */
export function symmetricOffsets({ window, origin }: Offsets): Offsets {
  return unionOfOffsets({ window, origin }, { window, origin: window - 1 - origin })
}

/** Calls `visit` for each line of a region's window in `part` and the place of its first entry in the larger `whole`. */
function forEachLine(
  part: PairArray,
  whole: PairArray,
  visit: (from: number, to: number, count: number) => void,
): void {
  const shift = whole.origin - part.origin
  const regions = part.grid[0] * part.grid[1]
  for (let region = 0; region < regions; region++) {
    for (let i = 0; i < part.window; i++) {
      const from = (region * part.window + i) * part.window
      visit(from, (region * whole.window + i + shift) * whole.window + shift, part.window)
    }
  }
}
