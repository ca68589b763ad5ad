import { PixelwiseError } from '@pixelwise/masks/shared'
import { type PairArray, pairArray } from '../pair-array.js'
import { requireEveryCentre } from './region-transpose.js'

/**
 * The same pairs on a grid that is `factor` times finer: two fine cells are to each other what their coarse cells are.
 *
 * Multiplied by an array of fine steps, it refines what was found coarsely. The window becomes `factor·R + factor − 1`
 * cells, as fine cells of one coarse cell see its window at different offsets; entries beyond it are `fill`.
 *
 * Throws `pair-array/bad-factor` unless the factor divides the stride, `pair-array/subsampled`.
 * Source: Long 2016, §4.3.2: offsets that are spaced more finely from one array to the next.
 */
export function refinePairs(p: PairArray, factor: number, { fill = 0 }: { fill?: number } = {}): PairArray {
  requireEveryCentre('refinePairs', p)
  if (!Number.isInteger(factor) || factor < 1 || p.stride % factor !== 0) {
    throw new PixelwiseError('pair-array/bad-factor', {
      what: `refinePairs: cells of ${p.stride} pixels in ${factor}`,
      rule: 'a cell is cut into a whole number of cells, whose sides are whole numbers of pixels',
      next: `choose a divisor of ${p.stride}`,
    })
  }
  const [rows, columns] = p.grid
  const refined = pairArray({
    grid: [rows * factor, columns * factor],
    window: factor * p.window + factor - 1,
    stride: p.stride / factor,
    origin: factor * p.origin + factor - 1,
  })
  refined.data.fill(fill)
  const { window, origin, data } = refined
  let entry = 0
  for (let row = 0; row < rows * factor; row++) {
    for (let column = 0; column < columns * factor; column++) {
      const coarse = Math.floor(row / factor) * columns + Math.floor(column / factor)
      for (let k = 0; k < window; k++) {
        const i = coarseIndex(row, k - origin)
        for (let l = 0; l < window; l++, entry++) {
          const j = coarseIndex(column, l - origin)
          if (Math.min(i, j) < 0 || Math.max(i, j) >= p.window) continue
          data[entry] = p.data[(coarse * p.window + i) * p.window + j]
        }
      }
    }
  }
  return refined

  /** Where the coarse window has the cell that a fine cell sees at an offset, along one axis. */
  function coarseIndex(at: number, offset: number): number {
    return Math.floor((at + offset) / factor) - Math.floor(at / factor) + p.origin
  }
}
