import { expect, test } from 'vitest'
import { irregularPairs, pairsOf } from '../../test-support/pair-examples.js'
import { pairArray } from '../pair-array.js'
import { toDense } from './dense-pairs.js'
import { transposePairs } from './region-transpose.js'

test.each([
  [[7, 9], 3, 1],
  [[7, 9], 4, 2],
  [[3, 2], 5, 2],
  [[1, 6], 4, 0],
  [[2, 5], 1, 0],
] as const)(
  'is the transpose of the matrix of all pairs: %j cells, windows of %i, origin %i',
  (grid, window, origin) => {
    const p = irregularPairs({ grid, window, origin })
    const cells = grid[0] * grid[1]
    const [before, after] = [p, transposePairs(p)].map((each) => toDense(each))
    const transposed = Float32Array.from(before, (_, k) => before[(k % cells) * cells + Math.floor(k / cells)])
    expect(after).toEqual(transposed)
  },
)

test.each([
  [2, 14, 0.9746],
  [4, 14, 0.9496],
  [8, 18, 0.873],
  [16, 18, 0.7544],
  [32, 18, 0.5425],
])(
  'of an image of 640×480, in cells of %i pixels and windows of %i cells, a share of %f is inside',
  (stride, window, share) => {
    const p = pairArray({ grid: [480 / stride, 640 / stride], window, stride })
    const inside = transposePairs({ ...p, data: p.data.fill(1) })
    expect(inside.data.reduce((sum, value) => sum + value, 0) / p.data.length).toBeCloseTo(share, 4)
  },
)

test('carries stride and origin along, and the fill', () => {
  const p = pairsOf({ grid: [1, 2], window: 2 }, (k) => k)
  expect(transposePairs(p, { fill: 9 })).toMatchObject({ grid: [1, 2], window: 2, stride: 1, origin: 0, step: 1 })
  expect([...transposePairs(p, { fill: 9 }).data]).toEqual([3, 6, 9, 9, 7, 9, 9, 9])
})
