import { PixelwiseError } from '@pixelwise/masks/shared'
import { expect, test } from 'vitest'
import { irregularPairs } from '../../test-support/pair-examples.js'
import { pairArray } from '../pair-array.js'
import { fromDense, toDense } from './dense-pairs.js'

test('a window as large as the grid holds any matrix of its pairs', () => {
  const matrix = Float32Array.from({ length: 36 }, (_, k) => k + 1)
  const p = fromDense(matrix, { grid: [2, 3], window: 5, stride: 4 }, { fill: -1 })
  expect(toDense(p)).toEqual(matrix)
  expect(p.data.filter((value) => value === -1)).toHaveLength(2 * 3 * 25 - 36)
})

test('what no window reaches is the fill, one way and the other', () => {
  const p = irregularPairs({ grid: [3, 4], window: 2, origin: 0 })
  const back = fromDense(toDense(p, { fill: 7 }), p, { fill: 0 })
  expect(toDense(back, { fill: 7 })).toEqual(toDense(p, { fill: 7 }))
  expect(toDense(p, { fill: 7 }).filter((value) => value === 7)).toHaveLength(144 - (3 * 4 + 2 * 4 + 3 * 3 + 2 * 3))
})

test('says what is too large and what does not fit', () => {
  expect(() => toDense(pairArray({ grid: [65, 64], window: 1, stride: 1 }))).toThrow(
    new PixelwiseError('pair-array/too-large', {
      what: 'a dense matrix of 4160×4160 pairs of cells',
      rule: 'at most 4096 cells',
      next: 'work on the pair array itself, or on a smaller grid',
    }),
  )
  expect(() => fromDense([1, 2, 3], { grid: [1, 2], window: 3, stride: 1 })).toThrow(
    new PixelwiseError('pair-array/wrong-length', {
      what: 'fromDense: 3 numbers for the pairs of 1×2 cells',
      rule: 'there are 4 such pairs',
      next: 'give a line for each cell, with a number for each cell',
    }),
  )
})
