import { PixelwiseError } from '@pixelwise/masks/shared'
import type { PairArray } from '../pair-array.js'
import { addPairs, identityPairs } from './add-pairs.js'
import { multiplyPairs, type ProductOptions } from './multiply-pairs.js'

/** How far paths are followed. */
export interface ClosureOptions extends ProductOptions {
  /** How often p ⊕ 1 is multiplied by itself: n times give all paths of up to 2ⁿ steps. Default: enough for the grid. */
  readonly squarings?: number
}

/**
 * (1 ⊕ p)^(2ⁿ), by n squarings: the sum over all paths of at most 2ⁿ steps.
 *
 * By default n is the least with 2ⁿ ≥ |G| − 1, which no path without a loop exceeds, and it ends earlier where a squaring
 * changes nothing. In `minplus` that is the cost of the cheapest path between all pairs, in `maxmin` the widest. The sums of
 * `sumproduct` and `logsumexp` count each path once for every way to rest on it. The crop is `grid` unless given.
 *
 * Throws `pair-array/subsampled`, `closePairs/bad-option`. Source: Long 2016, §4.3.2, on iteration and on paths of length at most k.
 */
export function closePairs(
  p: PairArray,
  { semiring = 'sumproduct', crop = 'grid', squarings }: ClosureOptions = {},
): PairArray {
  if (squarings !== undefined) checkSquarings('closePairs', squarings)
  const steps = squarings ?? Math.ceil(Math.log2(Math.max(2, p.grid[0] * p.grid[1] - 1)))
  let closed = addPairs(p, identityPairs({ grid: p.grid, stride: p.stride }, { semiring }), { semiring })
  for (let n = 0; n < steps; n++) {
    const squared = multiplyPairs(closed, closed, { semiring, crop })
    if (isSame(squared, closed)) return closed
    closed = squared
  }
  return closed
}

/** Throws `<operation>/bad-option` unless squarings are a whole number from 0. */
export function checkSquarings(operation: string, squarings: number): void {
  if (Number.isInteger(squarings) && squarings >= 0) return
  throw new PixelwiseError(`${operation}/bad-option`, {
    what: `${operation}: squarings ${squarings}`,
    rule: 'expected a whole number of at least 0',
    next: 'n squarings reach as far as 2ⁿ steps',
  })
}

function isSame(a: PairArray, b: PairArray): boolean {
  return a.window === b.window && a.data.every((value, k) => value === b.data[k])
}
