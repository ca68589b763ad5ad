import { describe, expect, test } from 'vitest'
import { irregularPairs, largestDifference, pairsOf } from '../../test-support/pair-examples.js'
import { addPairs, identityPairs } from './add-pairs.js'
import { closePairs } from './close-pairs.js'
import { toDense } from './dense-pairs.js'
import { multiplyPairs } from './multiply-pairs.js'

const infinite = Number.POSITIVE_INFINITY

/** Costs of one step to each of the eight neighbours, from 0.5 to 2.5. */
const costs = (grid: readonly [number, number], window = 3) =>
  pairsOf({ grid, window }, (k) => 1.5 + Math.sin(2.3 * k + 1))

describe('cheapest paths', () => {
  test('five squarings on 5×5 cells are what Floyd and Warshall find, and no sixth changes them', () => {
    const steps = costs([5, 5])
    const identity = identityPairs({ grid: [5, 5], stride: 1 }, { semiring: 'minplus' })
    let paths = addPairs(steps, identity, { semiring: 'minplus' })
    const windows = [paths.window]
    for (let n = 0; n < 5; n++) {
      paths = multiplyPairs(paths, paths, { semiring: 'minplus' })
      windows.push(paths.window)
    }
    expect(windows).toEqual([3, 5, 9, 17, 33, 65])
    const expected = floydWarshall(toDense(steps, { fill: infinite }))
    expect(largestDifference(toDense(paths, { fill: infinite }), expected)).toBeLessThan(1e-6)
    const again = multiplyPairs(paths, paths, { semiring: 'minplus', crop: 'grid' })
    expect(toDense(again, { fill: infinite })).toEqual(toDense(paths, { fill: infinite }))
  })

  test.each([
    [[5, 5], 3],
    [[3, 7], 3],
    [[4, 6], 2],
    [[1, 9], 4],
  ] as const)(
    'the closure of %j cells with steps in windows of %i is found without being told how far',
    (grid, window) => {
      const steps = costs(grid, window)
      const closed = closePairs(steps, { semiring: 'minplus' })
      const expected = floydWarshall(toDense(steps, { fill: infinite }))
      expect(largestDifference(toDense(closed, { fill: infinite }), expected)).toBeLessThan(2e-6)
      expect(closed.window).toBeLessThanOrEqual(2 * Math.max(...grid) - 1)
    },
  )
})

test('the widest paths are as wide as the narrowest step of the best tree', () => {
  const widths = irregularPairs({ grid: [4, 5], window: 3 })
  const closed = toDense(closePairs(widths, { semiring: 'maxmin' }), { fill: -infinite })
  const steps = toDense(widths, { fill: -infinite })
  const cells = 20
  for (let from = 0; from < cells; from++) {
    for (let to = 0; to < cells; to++) {
      if (from === to) continue
      // The largest width at which a search still gets there.
      const thresholds = [...new Set(steps)].sort((a, b) => b - a)
      const widest = thresholds.find((width) => reaches(steps, cells, from, to, width))
      expect(closed[from * cells + to]).toBe(widest)
    }
  }
})

test('squarings set how long paths may be', () => {
  const line = pairsOf({ grid: [1, 9], window: 3 }, () => 1)
  const reach = (squarings: number) => {
    const dense = toDense(closePairs(line, { semiring: 'minplus', squarings }), { fill: infinite })
    return [...dense.slice(0, 9)].filter(Number.isFinite)
  }
  expect(reach(0)).toEqual([0, 1])
  expect(reach(1)).toEqual([0, 1, 2])
  expect(reach(2)).toEqual([0, 1, 2, 3, 4])
})

test('sums count paths with their rests: powers of 1 + p', () => {
  const p = irregularPairs({ grid: [2, 3], window: 3 })
  const dense = toDense(p)
  for (let k = 0; k < 6; k++) dense[k * 7] += 1
  const fourth = matrixProduct(matrixProduct(dense, dense), matrixProduct(dense, dense))
  expect(largestDifference(toDense(closePairs(p, { squarings: 2 })), fourth)).toBeLessThan(1e-5)
})

function floydWarshall(steps: Float32Array): Float64Array {
  const cells = Math.sqrt(steps.length)
  const costs = Float64Array.from(steps)
  for (let k = 0; k < cells; k++) costs[k * cells + k] = Math.min(0, costs[k * cells + k])
  for (let k = 0; k < cells; k++)
    for (let i = 0; i < cells; i++)
      for (let j = 0; j < cells; j++)
        costs[i * cells + j] = Math.min(costs[i * cells + j], costs[i * cells + k] + costs[k * cells + j])
  return costs
}

function reaches(steps: Float32Array, cells: number, from: number, to: number, width: number): boolean {
  const seen = new Set([from])
  for (const cell of seen) {
    for (let next = 0; next < cells; next++) if (steps[cell * cells + next] >= width) seen.add(next)
  }
  return seen.has(to)
}

function matrixProduct(a: ArrayLike<number>, b: ArrayLike<number>): Float64Array {
  const size = Math.sqrt(a.length)
  return Float64Array.from({ length: a.length }, (_, at) => {
    let sum = 0
    for (let k = 0; k < size; k++) sum += a[Math.floor(at / size) * size + k] * b[k * size + (at % size)]
    return sum
  })
}
