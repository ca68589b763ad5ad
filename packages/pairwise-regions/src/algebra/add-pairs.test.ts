import { describe, expect, test } from 'vitest'
import { irregularPairs, pairsOf } from '../../test-support/pair-examples.js'
import { pairArray } from '../pair-array.js'
import { addPairs, identityPairs, symmetrisePairs } from './add-pairs.js'
import { toDense } from './dense-pairs.js'
import { transposePairs } from './region-transpose.js'
import { type SemiringName, semirings } from './semirings.js'

const names = Object.keys(semirings) as SemiringName[]

test('windows of other sizes are laid over each other at their origins', () => {
  const sum = addPairs(
    pairsOf({ grid: [1, 1], window: 2, origin: 0 }, (k) => k + 1),
    pairsOf({ grid: [1, 1], window: 3, origin: 2 }, () => 10),
  )
  expect(sum).toMatchObject({ window: 4, origin: 2 })
  expect([...sum.data]).toEqual([10, 10, 10, 0, 10, 10, 10, 0, 10, 10, 11, 2, 0, 0, 3, 4])
})

test('the identity is one at the own cell and zero elsewhere, in every semiring', () => {
  for (const semiring of names) {
    const { zero, one } = semirings[semiring]
    const dense = toDense(identityPairs({ grid: [2, 2], stride: 4, window: 2 }, { semiring }), { fill: zero })
    expect([...dense]).toEqual(Array.from({ length: 16 }, (_, k) => (k % 5 === 0 ? one : zero)))
  }
})

describe.each(names)('made symmetric in %s', (semiring) => {
  const { zero, add } = semirings[semiring]
  test.each([
    [[3, 5], 3, 1],
    [[4, 3], 4, 2],
    [[2, 6], 5, 0],
    [[5, 1], 2, 0],
  ] as const)('%j cells, windows of %i, origin %i: both directions are their sum', (grid, window, origin) => {
    const p = irregularPairs({ grid, window, origin })
    const symmetric = symmetrisePairs(p, { semiring })
    expect(symmetric.window).toBe(2 * symmetric.origin + 1)
    const cells = grid[0] * grid[1]
    const [before, after] = [p, symmetric].map((each) => toDense(each, { fill: zero }))
    for (let from = 0; from < cells; from++) {
      for (let to = 0; to < cells; to++) {
        const sum = Math.fround(add(before[from * cells + to], before[to * cells + from]))
        expect(after[from * cells + to]).toBeCloseTo(sum, 6)
      }
    }
    const turned = transposePairs(symmetric, { fill: zero })
    expect(toDense(turned, { fill: zero })).toEqual(after)
  })
})

test('what was left out cannot be made symmetric', () => {
  expect(() => symmetrisePairs(pairArray({ grid: [2, 2], window: 3, stride: 4, step: 2 }))).toThrow(
    'symmetrisePairs: a pair array of step 2: every cell must be the centre of a region, as the operation reads what regions say about each other; predict with step 1 and leave regions out afterwards',
  )
})
