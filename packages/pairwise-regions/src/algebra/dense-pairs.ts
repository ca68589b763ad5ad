import { PixelwiseError } from '@pixelwise/masks/shared'
import { type PairArray, type PartialPairGeometry, pairArray } from '../pair-array.js'
import { requireEveryCentre } from './region-transpose.js'

/** More pairs than this are no small grid: 4096 cells, 64 MiB. */
const mostPairs = 2 ** 24

/**
 * The matrix `[|G|, |G|]` of all pairs of cells, row-major: line x, column x + Δ. Pairs that no window reaches are
 * `fill`; entries whose cell lies outside the grid are left out.
 *
 * For looking and for testing, on small grids. Throws `pair-array/too-large` beyond 4096 cells, `pair-array/subsampled`.
 */
export function toDense(p: PairArray, { fill = 0 }: { fill?: number } = {}): Float32Array {
  requireEveryCentre('toDense', p)
  const cells = cellsOf(p)
  const dense = new Float32Array(cells * cells).fill(fill)
  forEachPair(p, (entry, from, to) => {
    dense[from * cells + to] = p.data[entry]
  })
  return dense
}

/**
 * The pair array of a matrix of all pairs of cells: the reverse of {@link toDense}. Pairs out of reach of the window are
 * lost; entries whose cell lies outside the grid are `fill`.
 *
 * Throws `pair-array/too-large`, and `pair-array/wrong-length` where the matrix has another size.
 */
export function fromDense(
  matrix: ArrayLike<number>,
  geometry: Omit<PartialPairGeometry, 'step'>,
  { fill = 0 }: { fill?: number } = {},
): PairArray {
  const p = pairArray(geometry)
  const cells = cellsOf(p)
  if (matrix.length !== cells * cells) {
    throw new PixelwiseError('pair-array/wrong-length', {
      what: `fromDense: ${matrix.length} numbers for the pairs of ${p.grid[0]}×${p.grid[1]} cells`,
      rule: `there are ${cells * cells} such pairs`,
      next: 'give a line for each cell, with a number for each cell',
    })
  }
  p.data.fill(fill)
  forEachPair(p, (entry, from, to) => {
    p.data[entry] = matrix[from * cells + to]
  })
  return p
}

function cellsOf({ grid: [rows, columns] }: PairArray): number {
  const cells = rows * columns
  if (cells * cells <= mostPairs) return cells
  throw new PixelwiseError('pair-array/too-large', {
    what: `a dense matrix of ${cells}×${cells} pairs of cells`,
    rule: `at most ${Math.sqrt(mostPairs)} cells`,
    next: 'work on the pair array itself, or on a smaller grid',
  })
}

/** Calls `visit` for every entry whose cell lies inside the grid. */
function forEachPair(
  { grid: [rows, columns], window, origin }: PairArray,
  visit: (entry: number, from: number, to: number) => void,
): void {
  let entry = 0
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      for (let i = 0; i < window; i++) {
        for (let j = 0; j < window; j++, entry++) {
          const [toRow, toColumn] = [row + i - origin, column + j - origin]
          const inside = toRow >= 0 && toRow < rows && toColumn >= 0 && toColumn < columns
          if (inside) visit(entry, row * columns + column, toRow * columns + toColumn)
        }
      }
    }
  }
}
