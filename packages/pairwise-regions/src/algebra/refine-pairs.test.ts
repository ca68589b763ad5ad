import { PixelwiseError } from '@pixelwise/masks/shared'
import { expect, test } from 'vitest'
import { irregularPairs } from '../../test-support/pair-examples.js'
import { toDense } from './dense-pairs.js'
import { refinePairs } from './refine-pairs.js'

test.each([
  [[2, 3], 3, 1, 2],
  [[3, 2], 4, 2, 3],
  [[1, 4], 2, 0, 4],
  [[2, 2], 3, 1, 1],
] as const)(
  'fine cells are to each other what their coarse cells are: %j cells, window %i, origin %i, in %i',
  (grid, window, origin, factor) => {
    const coarse = { ...irregularPairs({ grid, window, origin }), stride: 12 }
    const fine = refinePairs(coarse, factor, { fill: 7 })
    expect(fine).toMatchObject({ grid: [grid[0] * factor, grid[1] * factor], stride: 12 / factor, step: 1 })
    const [before, after] = [coarse, fine].map((p) => toDense(p, { fill: 7 }))
    const cells = grid[0] * grid[1]
    const coarseOf = (cell: number) => {
      const width = grid[1] * factor
      return Math.floor(Math.floor(cell / width) / factor) * grid[1] + Math.floor((cell % width) / factor)
    }
    const fineCells = cells * factor * factor
    const expected = Float32Array.from(
      after,
      (_, k) => before[coarseOf(Math.floor(k / fineCells)) * cells + coarseOf(k % fineCells)],
    )
    expect(after).toEqual(expected)
  },
)

test('says into what a cell can be cut', () => {
  expect(() => refinePairs({ ...irregularPairs({ grid: [2, 2], window: 3 }), stride: 8 }, 3)).toThrow(
    new PixelwiseError('pair-array/bad-factor', {
      what: 'refinePairs: cells of 8 pixels in 3',
      rule: 'a cell is cut into a whole number of cells, whose sides are whole numbers of pixels',
      next: 'choose a divisor of 8',
    }),
  )
})
