import { expect, test } from 'vitest'
import { equivalentMomentum, exampleWeights } from './momentum.js'

const sum = (values: Float64Array) => values.reduce((total, value) => total + value, 0)

test('momentum 0.9 with 20 images is 0.9^(1/20) with one', () => {
  expect(equivalentMomentum(0.9, { from: 20, to: 1 })).toBeCloseTo(0.9947458259, 10) // e^(ln 0.9 / 20)
  expect(equivalentMomentum(0.99, { from: 1, to: 20 })).toBeCloseTo(0.8179069376, 10) // 0.99^20
  expect(equivalentMomentum(0.5, { from: 4, to: 4 })).toBe(0.5)
  expect(equivalentMomentum(0, { from: 20, to: 1 })).toBe(0)
})

test('both settings of Figure 1.1 weigh the past alike: one in steps, one smoothly between them', () => {
  const steps = exampleWeights(0.9, 20, 200)
  const smooth = exampleWeights(equivalentMomentum(0.9, { from: 20, to: 1 }), 1, 200)
  expect([steps[0], steps[19], steps[20], steps[199]]).toEqual([1, 1, 0.9, 0.9 ** 9])
  for (let j = 0; j < 200; j += 20) expect(smooth[j]).toBeCloseTo(steps[j], 12)
  // Dropping the floor makes every other weight smaller, by less than one step of the stairs.
  expect(steps.every((weight, j) => smooth[j] <= weight + 1e-12 && smooth[j] > 0.9 * weight)).toBe(true)
  expect(sum(smooth) / sum(steps)).toBeCloseTo((1 - 0.9) / (20 * (1 - 0.9 ** (1 / 20))), 12) // geometric series
})

test('refuses what is no momentum and no batch', () => {
  expect(() => equivalentMomentum(1, { from: 20, to: 1 })).toThrow(
    'momentum 1: a momentum is 0 ≤ p < 1; for example equivalentMomentum(0.9, { from: 20, to: 1 })',
  )
  expect(() => exampleWeights(0.9, 0.5, 3)).toThrow(
    'a batch of 0.5 examples: a batch has a whole number of examples, at least 1; ',
  )
})
