import { expect, test } from 'vitest'
import { smooth } from './smooth.js'

test('is the mean of the past, weighted by powers of the weight', () => {
  const values = [3, 1, 4, 1, 5, 9, 2, 6]
  const direct = values.map((_, n) => {
    const weights = values.slice(0, n + 1).map((_, i) => 0.8 ** (n - i))
    return weights.reduce((sum, w, i) => sum + w * values[i], 0) / weights.reduce((sum, w) => sum + w, 0)
  })
  for (const [n, mean] of smooth(values, 0.8).entries()) expect(mean).toBeCloseTo(direct[n], 12)
})

test('weight 0 changes nothing, and gaps stay gaps without spoiling the mean', () => {
  expect(smooth([1, 2, 3], 0)).toEqual([1, 2, 3])
  expect(smooth([7, Number.NaN, 7], 0.9).map((value) => Math.round(value * 1e9) / 1e9)).toEqual([7, Number.NaN, 7])
})
