import { expect, test } from 'vitest'
import { pairsOf } from '../../test-support/pair-examples.js'
import { pairArray } from '../pair-array.js'
import { formatPairArray } from './format-pair-array.js'

test('lays the regions out as on the image, marks the own cell and what lies outside', () => {
  const p = pairsOf({ grid: [2, 2], window: 3 }, (k) => k - 7)
  expect(formatPairArray({ ...p, stride: 8 })).toMatchInlineSnapshot(`
    "2×2 regions of 3×3 cells, stride 8, origin 1
      ·    ·    ·  │   ·    ·    ·
      ·  [−3]  −2  │   5   [6]   ·
      ·    0    1  │   8    9    ·
    ───────────────┼───────────────
      ·   12   13  │  20   21    ·
      ·  [15]  16  │  23  [24]   ·
      ·    ·    ·  │   ·    ·    ·"
  `)
})

test('infinities and long numbers stay short; origins beside the centre and steps are told', () => {
  const values = [Number.POSITIVE_INFINITY, -1 / 3, Number.NEGATIVE_INFINITY, Number.NaN]
  const p = pairArray({ grid: [1, 1], window: 2, stride: 4, origin: 0, step: 2 }, Float32Array.from(values))
  expect(formatPairArray(p, { digits: 2 })).toMatchInlineSnapshot(`
    "1×1 regions of 2×2 cells, stride 4, origin 0, step 2
        [∞]  −0.33
        −∞     NaN"
  `)
})

test('says what it leaves out', () => {
  const p = pairArray({ grid: [3, 3], window: 1, stride: 8 })
  expect(formatPairArray(p, { regions: 2 })).toMatchInlineSnapshot(`
    "3×3 regions of 1×1 cells, stride 8, origin 0
    [0] │ [0]
    ────┼────
    [0] │ [0]
    (the first 2×2 regions)"
  `)
})
