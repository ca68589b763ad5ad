import { PixelwiseError } from '@pixelwise/masks/shared'
import { type PairArray, type PairGeometry, pairArray, transposedOrigin } from '../pair-array.js'

/** Pair arrays of one geometry, one behind the other, with the origin that the transposed ones have. */
export interface TransposeShape {
  readonly batch: number
  readonly rows: number
  readonly columns: number
  readonly window: number
  /** Origin of the result: the input's is `window − 1 − origin`. */
  readonly origin: number
  /** What stands where the cell is the centre of no region. */
  readonly fill: number
}

/**
 * The transpose of a pair array: pᵀ(x, Δ) = p(x + Δ, −Δ). In absolute cells, the two arguments change places.
 *
 * Entries whose cell lies outside the grid have no counterpart and become `fill`, which should be the zero of the
 * semiring in use. The result has the origin `window − 1 − origin`, so that transposing twice gives back every entry
 * whose cell is inside the grid. As every cell must be the centre of a region, the step must be 1.
 *
 * Throws `pair-array/subsampled`. Source: Long 2016, §4.3.2.
 */
export function transposePairs(p: PairArray, { fill = 0 }: { fill?: number } = {}): PairArray {
  requireEveryCentre('transposePairs', p)
  const result = pairArray({ ...p, origin: transposedOrigin(p) })
  const [rows, columns] = p.grid
  transposeInto(p.data, result.data, { batch: 1, rows, columns, window: p.window, origin: result.origin, fill })
  return result
}

/**
 * The transpose on bare numbers, `[batch, rows, columns, window, window]`: out[c, i] = p[c + i − origin, window − 1 − i]
 * in both axes together.
 *
 * One pass over the result; neighbouring regions read neighbouring lines, which the cache keeps.
 */
export function transposeInto(
  source: Float32Array,
  target: Float32Array,
  { batch, rows, columns, window, origin, fill }: TransposeShape,
): void {
  const area = window * window
  for (let line = 0; line < batch * rows; line++) {
    const row = line % rows
    for (let column = 0; column < columns; column++) {
      const first = Math.max(0, origin - column)
      const end = Math.min(window, columns + origin - column)
      for (let i = 0; i < window; i++) {
        let to = (line * columns + column) * area + i * window
        const stop = to + window
        const away = i - origin
        if (row + away < 0 || row + away >= rows || end <= first) {
          target.fill(fill, to, stop)
          continue
        }
        const firstInside = to + first
        const endInside = to + end
        let from = ((line + away) * columns + column + first - origin) * area + area - 1 - i * window - first
        while (to < firstInside) target[to++] = fill
        for (; to < endInside; from += area - 1) target[to++] = source[from]
        while (to < stop) target[to++] = fill
      }
    }
  }
}

/** Throws `pair-array/subsampled` unless every cell is the centre of a region. */
export function requireEveryCentre(operation: string, { step }: PairGeometry): void {
  if (step === 1) return
  throw new PixelwiseError('pair-array/subsampled', {
    what: `${operation}: a pair array of step ${step}`,
    rule: 'every cell must be the centre of a region, as the operation reads what regions say about each other',
    next: 'predict with step 1 and leave regions out afterwards',
  })
}
