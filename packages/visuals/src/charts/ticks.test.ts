import { expect, test } from 'vitest'
import { linearTicks, logarithmicTicks } from './ticks.js'

test('covers a range with round steps', () => {
  expect(linearTicks(0, 2.3, 5)).toEqual([0, 0.5, 1, 1.5, 2, 2.5])
  expect(linearTicks(100, 600, 5)).toEqual([100, 200, 300, 400, 500, 600])
  expect(linearTicks(-0.3, 0.3, 3)).toEqual([-0.4, -0.2, 0, 0.2, 0.4])
})

test('a single value still gets an axis', () => {
  expect(linearTicks(5, 5, 5)).toEqual([5, 6])
  expect(linearTicks(0, 0, 5)).toEqual([0, 0.2])
})

test('logarithmic ticks are decades, with 2 and 5 where there are few', () => {
  expect(logarithmicTicks(0.3, 40)).toEqual([0.2, 0.5, 1, 2, 5, 10, 20, 50])
  expect(logarithmicTicks(1e-6, 1)).toEqual([1e-6, 1e-5, 1e-4, 1e-3, 0.01, 0.1, 1])
})

test('every range is covered from end to end', () => {
  for (const [low, high] of [
    [0.5, 0.5],
    [1, 1],
    [0.019, 0.021],
    [3e-12, 7e9],
    [0.2, 0.3],
  ]) {
    const ticks = logarithmicTicks(low, high)
    expect(ticks[0]).toBeLessThanOrEqual(low)
    expect(ticks[ticks.length - 1]).toBeGreaterThanOrEqual(high)
    expect(ticks.length).toBeGreaterThanOrEqual(2)
  }
})
