import { PixelwiseError } from '@pixelwise/masks/shared'
import { type PairArray, type PairGeometry, pairArray } from '../pair-array.js'
import { multiplyInto } from './product-kernels.js'
import { requireEveryCentre } from './region-transpose.js'
import type { Semiring, SemiringName } from './semirings.js'

/**
 * Which offsets of a product are kept:
 *
 * - `full`: all that two steps reach, a window of R₁ + R₂ − 1 cells;
 * - `grid`: those of them that lead from some cell of the grid to another;
 * - `same`: those of the left factor.
 */
export type ProductCrop = 'full' | 'grid' | 'same'

/** How two pair arrays are multiplied. */
export interface ProductOptions {
  /** Default `sumproduct`. */
  readonly semiring?: SemiringName | Semiring
  /** Default `full`. */
  readonly crop?: ProductCrop
}

/**
 * The matrix product of two pair arrays: p₁₂(x, Δ) = ⊕_δ p₁(x, δ) ⊗ p₂(x + δ, Δ − δ).
 *
 * Each entry sums over all cells in the middle, reached by a step of `left` and left by a step of `right`. Middles
 * outside the grid do not count; an entry without middles is the semiring's zero. Its end may lie outside the grid.
 * Work: |G|·R₁²·R₂² products; the matrix of all pairs of cells is never made.
 *
 * Throws `pair-array/mismatch` where the factors have other grids or strides, `pair-array/subsampled`.
 * Source: Long 2016, §4.3.2.
 */
export function multiplyPairs(
  left: PairArray,
  right: PairArray,
  { semiring = 'sumproduct', crop = 'full' }: ProductOptions = {},
): PairArray {
  requireSameGrid('multiplyPairs', left, right)
  const windows = [left.window, right.window] as const
  const origins = [left.origin, right.origin] as const
  const [rows, columns] = left.grid
  const { first, window } = keptWindow(crop, { rows, columns, windows, origins })
  const product = pairArray({ ...left, window, origin: origins[0] + origins[1] - first })
  multiplyInto(
    { left: left.data, right: right.data, product: product.data },
    { batch: 1, rows, columns, windows, origins, first, window },
    semiring,
  )
  return product
}

export interface ProductFactors {
  readonly rows: number
  readonly columns: number
  readonly windows: readonly [number, number]
  readonly origins: readonly [number, number]
}

/** The kept part of a product's whole window; its origin is the sum of the origins less `first`. Throws `product/unknown-crop`. */
export function keptWindow(
  crop: ProductCrop,
  { rows, columns, windows, origins }: ProductFactors,
): { first: number; window: number } {
  const whole = windows[0] + windows[1] - 1
  if (crop === 'full') return { first: 0, window: whole }
  if (crop === 'same') return { first: origins[1], window: windows[0] }
  if (crop !== 'grid') {
    throw new PixelwiseError('product/unknown-crop', {
      what: `crop ${JSON.stringify(crop)}`,
      rule: 'known: full, grid, same',
      next: 'take full for all offsets that two steps reach, same for those of the left factor',
    })
  }
  const origin = origins[0] + origins[1]
  const farthest = Math.max(rows, columns) - 1
  const first = Math.max(0, origin - farthest)
  return { first, window: Math.min(whole - 1, origin + farthest) - first + 1 }
}

/** Throws `pair-array/mismatch` unless both arrays are about the same cells, and `pair-array/subsampled`. */
export function requireSameGrid(operation: string, left: PairGeometry, right: PairGeometry): void {
  for (const each of [left, right]) requireEveryCentre(operation, each)
  if (`${left.grid}` === `${right.grid}` && left.stride === right.stride) return
  const text = ({ grid, stride }: PairGeometry) => `${grid[0]}×${grid[1]} cells of ${stride} pixels`
  throw new PixelwiseError('pair-array/mismatch', {
    what: `${operation}: ${text(left)} and ${text(right)}`,
    rule: 'both arrays must be about the same grid of cells',
    next: 'take both from the same pathway, or refine the coarser one first',
  })
}
