import { describe, expect, test } from 'vitest'
import { Rng } from './rng.js'

const draws = <T>(count: number, draw: () => T) => Array.from({ length: count }, draw)

/** Σ (observed − expected)² / expected. */
function chiSquare(counts: readonly number[]): number {
  const expected = counts.reduce((sum, count) => sum + count, 0) / counts.length
  return counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0)
}

function histogram(bins: number, values: Iterable<number>): number[] {
  const counts = Array(bins).fill(0)
  for (const value of values) counts[value]++
  return counts
}

describe('the stream', () => {
  test("equals the authors' C code for xoshiro128** 1.1, seeded with 1, 2, 3, 4", () => {
    const rng = new Rng(0)
    rng.state = [1, 2, 3, 4]
    // The reference vector that the Rust crate rand_xoshiro tests against.
    expect(draws(10, () => rng.uint32())).toEqual([
      11520, 0, 5927040, 70819200, 2031721883, 1637235492, 1287239034, 3734860849, 3729100597, 4258142804,
    ])
  })

  test('depends on the seed alone, number or text', () => {
    const [a, b, c] = [new Rng(7), new Rng('7'), new Rng(8)]
    const first = draws(20, () => a.uint32())
    expect(draws(20, () => b.uint32())).toEqual(first)
    expect(draws(20, () => c.uint32())).not.toEqual(first)
  })

  test('goes on from a stored state', () => {
    const rng = new Rng('x')
    rng.uint32()
    const state = JSON.parse(JSON.stringify(rng.state))
    const expected = draws(10, () => rng.uint32())
    const restored = new Rng('y')
    restored.state = state
    expect(draws(10, () => restored.uint32())).toEqual(expected)
  })

  test('of neighbouring seeds differ in half of their bits', () => {
    const differing = Array.from({ length: 2000 }, (_, seed) => {
      const difference = new Rng(seed).uint32() ^ new Rng(seed + 1).uint32()
      return (difference >>> 0).toString(2).replaceAll('0', '').length
    })
    const mean = differing.reduce((sum, count) => sum + count, 0) / differing.length
    expect(Math.abs(mean - 16)).toBeLessThan(0.25) // 4 standard errors of the mean of 2000 binomials (32, ½)
  })
})

describe('split', () => {
  test('depends on seed and purpose, not on what was drawn before', () => {
    const [rng, drawn] = [new Rng(7), new Rng(7)]
    draws(100, () => drawn.uint32())
    expect(drawn.split('init').uint32()).toBe(rng.split('init').uint32())
    expect(rng.split('init').uint32()).not.toBe(rng.split('shuffle').uint32())
    expect(rng.split('a').split('b').uint32()).not.toBe(rng.split('b').split('a').uint32())
  })

  test('by thousands of steps makes streams without collisions', () => {
    const rng = new Rng(1)
    const states = new Set(Array.from({ length: 20_000 }, (_, step) => rng.split(step).state.join()))
    expect(states.size).toBe(20_000)
  })
})

describe('distributions', () => {
  const rng = new Rng('distributions')

  test('integers are uniform', () => {
    const counts = histogram(
      10,
      draws(100_000, () => rng.integer(10)),
    )
    expect(chiSquare(counts)).toBeLessThan(27.9) // 99.9 % quantile, 9 degrees of freedom
  })

  test('integers have no modulo bias where it would show most', () => {
    const count = 3 * 2 ** 30 // a plain remainder would hit the first third twice as often
    const thirds = histogram(
      3,
      draws(30_000, () => Math.floor(rng.integer(count) / 2 ** 30)),
    )
    expect(chiSquare(thirds)).toBeLessThan(13.8) // 99.9 %, 2 degrees of freedom
  })

  test('uniform numbers fill their interval', () => {
    const values = draws(50_000, () => rng.uniform(-1, 3))
    expect(Math.min(...values)).toBeGreaterThanOrEqual(-1)
    expect(Math.max(...values)).toBeLessThan(3)
    expect(
      chiSquare(
        histogram(
          20,
          values.map((value) => Math.floor((value + 1) * 5)),
        ),
      ),
    ).toBeLessThan(43.8) // 99.9 %, 19
  })

  test('normal numbers have their moments and tails', () => {
    const values = draws(100_000, () => rng.normal(5, 2)).map((value) => (value - 5) / 2)
    const moment = (power: number) => values.reduce((sum, value) => sum + value ** power, 0) / values.length
    // 4 standard errors of the k-th moment: 4·√((E x^2k − (E x^k)²) / 100,000)
    expect(Math.abs(moment(1))).toBeLessThan(4 * Math.sqrt(1 / 1e5))
    expect(Math.abs(moment(2) - 1)).toBeLessThan(4 * Math.sqrt(2 / 1e5))
    expect(Math.abs(moment(3))).toBeLessThan(4 * Math.sqrt(15 / 1e5))
    expect(Math.abs(moment(4) - 3)).toBeLessThan(4 * Math.sqrt(96 / 1e5))
  })

  test('a shuffle makes every order equally often and keeps its input', () => {
    const letters = ['a', 'b', 'c', 'd']
    const orders = new Map<string, number>()
    for (let i = 0; i < 24_000; i++) {
      const order = rng.shuffled(letters).join('')
      orders.set(order, (orders.get(order) ?? 0) + 1)
    }
    expect(letters).toEqual(['a', 'b', 'c', 'd'])
    expect(orders.size).toBe(24)
    expect(chiSquare([...orders.values()])).toBeLessThan(49.7) // 99.9 %, 23
  })

  test('a pick is uniform', () => {
    expect(
      chiSquare(
        histogram(
          4,
          draws(10_000, () => rng.pick(Uint8Array.of(0, 1, 2, 3))),
        ),
      ),
    ).toBeLessThan(16.3) // 99.9 %, 3
  })
})
