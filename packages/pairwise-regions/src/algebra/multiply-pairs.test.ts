import { PixelwiseError } from '@pixelwise/masks/shared'
import { describe, expect, test } from 'vitest'
import { irregularPairs, largestDifference, pairsOf, regionOf } from '../../test-support/pair-examples.js'
import { pairArray } from '../pair-array.js'
import { identityPairs } from './add-pairs.js'
import { closePairs } from './close-pairs.js'
import { toDense } from './dense-pairs.js'
import { multiplyPairs } from './multiply-pairs.js'
import { transposePairs } from './region-transpose.js'
import { type Semiring, type SemiringName, semirings } from './semirings.js'

const names = Object.keys(semirings) as SemiringName[]

/** Grids that are no squares; windows of other sizes than each other, odd and even, with origins beside their centres. */
const factors = [
  [irregularPairs({ grid: [3, 5], window: 3 }), irregularPairs({ grid: [3, 5], window: 3 }, 1)],
  [irregularPairs({ grid: [4, 3], window: 4 }), irregularPairs({ grid: [4, 3], window: 3 }, 1)],
  [irregularPairs({ grid: [2, 6], window: 2, origin: 0 }), irregularPairs({ grid: [2, 6], window: 4 }, 1)],
  [irregularPairs({ grid: [1, 4], window: 5, origin: 4 }), irregularPairs({ grid: [1, 4], window: 2 }, 1)],
] as const
const cases = names.flatMap((semiring) => factors.map(([left, right], i) => ({ semiring, left, right, i })))
const title = '$semiring, case $i'

test('counts the ways of two steps', () => {
  const ones = pairsOf({ grid: [9, 9], window: 3 }, () => 1)
  const ways = multiplyPairs(ones, ones)
  expect(ways).toMatchObject({ window: 5, origin: 2 })
  const inside = regionOf(ways, 4, 4)
  expect(inside.slice(10, 15)).toEqual([3, 6, 9, 6, 3])
  expect(inside.slice(0, 5)).toEqual([1, 2, 3, 2, 1])
  expect(regionOf(ways, 0, 0)).toEqual([0, 0, 0, 0, 0, 0, 1, 2, 2, 1, 0, 2, 4, 4, 2, 0, 2, 4, 4, 2, 0, 1, 2, 2, 1])
})

test.each([
  ['sumproduct', -1.03836694, -1.432018153, 320],
  ['minplus', -1.525519421, -109.542065932, 252],
  ['maxmin', -0.533584387, -55.457880492, 252],
  ['logsumexp', 1.10994296, 158.300550654, 252],
] as const)('%s agrees with a float64 prototype, even where windows differ', (semiring, entry, sum, count) => {
  const left = pairsOf({ grid: [4, 5], window: 3, origin: 1 }, (k) => Math.sin(0.7 * k))
  const right = pairsOf({ grid: [4, 5], window: 2, origin: 1 }, (k) => Math.cos(0.3 * k))
  const product = multiplyPairs(left, right, { semiring })
  expect(product).toMatchObject({ window: 4, origin: 2 })
  expect(Math.abs(regionOf(product, 2, 2)[1 * 4 + 2] - entry)).toBeLessThan(1e-6)
  const finite = [...product.data].filter(Number.isFinite)
  expect(finite).toHaveLength(count)
  // 320 roundings to float32, of values around 1.
  expect(Math.abs(finite.reduce((total, value) => total + value, 0) - sum)).toBeLessThan(5e-6)
})

describe('as matrices of all pairs of cells', () => {
  test.each(cases)(`it is the product of matrices: ${title}`, ({ semiring, left, right }) => {
    const { zero } = semirings[semiring]
    const [a, b] = [left, right].map((factor) => toDense(factor, { fill: zero }))
    const product = toDense(multiplyPairs(left, right, { semiring }), { fill: zero })
    expect(largestDifference(product, denseProduct(a, b, semirings[semiring]))).toBeLessThan(1e-6)
  })

  test.each(cases)(`(A B)ᵀ = Bᵀ Aᵀ: ${title}`, ({ semiring, left, right }) => {
    const fill = semirings[semiring].zero
    const turned = (p: typeof left) => transposePairs(p, { fill })
    const ofProduct = turned(multiplyPairs(left, right, { semiring }))
    const productOf = multiplyPairs(turned(right), turned(left), { semiring })
    expect(productOf).toMatchObject({ window: ofProduct.window, origin: ofProduct.origin })
    const dense = [ofProduct, productOf].map((p) => toDense(p, { fill }))
    expect(largestDifference(dense[0], dense[1])).toBeLessThan(1e-6)
  })

  test.each(cases)(`(A B) C = A (B C): ${title}`, ({ semiring, left, right }) => {
    const last = irregularPairs({ grid: left.grid, window: 3, origin: 0 }, 2)
    const first = multiplyPairs(multiplyPairs(left, right, { semiring }), last, { semiring })
    const second = multiplyPairs(left, multiplyPairs(right, last, { semiring }), { semiring })
    expect(second).toMatchObject({ window: first.window, origin: first.origin })
    expect(largestDifference(first.data, second.data)).toBeLessThan(2e-6)
  })

  test.each(cases)(`the identity changes nothing, on either side: ${title}`, ({ semiring, left }) => {
    const fill = semirings[semiring].zero
    for (const window of [1, 2, 3]) {
      const identity = identityPairs({ grid: left.grid, stride: 1, window }, { semiring })
      const dense = toDense(left, { fill })
      expect(toDense(multiplyPairs(identity, left, { semiring }), { fill })).toEqual(dense)
      expect(toDense(multiplyPairs(left, identity, { semiring }), { fill })).toEqual(dense)
    }
  })
})

describe('crops', () => {
  test.each(cases)(`keep the numbers of the whole product: ${title}`, ({ semiring, left, right }) => {
    const whole = multiplyPairs(left, right, { semiring })
    for (const crop of ['same', 'grid'] as const) {
      const part = multiplyPairs(left, right, { semiring, crop })
      if (crop === 'same') expect(part).toMatchObject({ window: left.window, origin: left.origin })
      const shift = whole.origin - part.origin
      for (let row = 0; row < left.grid[0]; row++) {
        for (let column = 0; column < left.grid[1]; column++) {
          const kept = regionOf(whole, row, column).filter((_, k) => {
            const place = [Math.floor(k / whole.window) - shift, (k % whole.window) - shift]
            return place.every((i) => i >= 0 && i < part.window)
          })
          expect(regionOf(part, row, column)).toEqual(kept)
        }
      }
    }
  })

  test.each(cases)(`"grid" loses no pair of cells: ${title}`, ({ semiring, left, right }) => {
    const fill = semirings[semiring].zero
    const [whole, grid] = (['full', 'grid'] as const).map((crop) =>
      toDense(multiplyPairs(left, right, { semiring, crop }), { fill }),
    )
    expect(grid).toEqual(whole)
    const wide = multiplyPairs(squared(left), squared(left), { semiring, crop: 'grid' })
    expect(wide.window).toBeLessThanOrEqual(2 * Math.max(...left.grid) - 1)
  })
})

test.each(cases)(`a semiring of the caller's own is used as it is: ${title}`, ({ semiring, left, right }) => {
  const { zero, one, add, multiply } = semirings[semiring]
  const own = multiplyPairs(left, right, { semiring: { zero, one, add, multiply } })
  expect(largestDifference(own.data, multiplyPairs(left, right, { semiring }).data)).toBeLessThan(1e-6)
})

test('zero absorbs: what leads nowhere stays infinite, with −∞ on the other side too', () => {
  const cell = (value: number) => pairsOf({ grid: [1, 1], window: 1 }, () => value)
  const { POSITIVE_INFINITY: inf, NEGATIVE_INFINITY: minus } = Number
  const product = (a: number, b: number, semiring: SemiringName) =>
    multiplyPairs(cell(a), cell(b), { semiring }).data[0]
  expect(product(inf, 1, 'minplus')).toBe(inf)
  expect(product(1, inf, 'minplus')).toBe(inf)
  expect(product(minus, minus, 'logsumexp')).toBe(minus)
  expect(product(3, minus, 'logsumexp')).toBe(minus)
  expect(product(800, 800, 'logsumexp')).toBe(1600)
  expect(product(minus, inf, 'maxmin')).toBe(minus)
})

test('says what it cannot multiply', () => {
  const p = pairArray({ grid: [3, 4], window: 3, stride: 8 })
  expect(() => multiplyPairs(p, pairArray({ grid: [3, 4], window: 3, stride: 16 }))).toThrow(
    new PixelwiseError('pair-array/mismatch', {
      what: 'multiplyPairs: 3×4 cells of 8 pixels and 3×4 cells of 16 pixels',
      rule: 'both arrays must be about the same grid of cells',
      next: 'take both from the same pathway, or refine the coarser one first',
    }),
  )
  expect(() => multiplyPairs(pairArray({ grid: [3, 4], window: 3, stride: 8, step: 2 }), p)).toThrow(
    new PixelwiseError('pair-array/subsampled', {
      what: 'multiplyPairs: a pair array of step 2',
      rule: 'every cell must be the centre of a region, as the operation reads what regions say about each other',
      next: 'predict with step 1 and leave regions out afterwards',
    }),
  )
  expect(() => multiplyPairs(p, p, { semiring: 'minsum' as SemiringName })).toThrow(
    new PixelwiseError('semiring/unknown', {
      what: 'semiring "minsum"',
      rule: 'known: sumproduct, minplus, maxmin, logsumexp',
      next: 'or pass one of your own, { zero, one, add, multiply }',
    }),
  )
})

test('says which crops there are, and how often something can be squared', () => {
  const p = pairArray({ grid: [2, 2], window: 3, stride: 8 })
  expect(() => multiplyPairs(p, p, { crop: 'valid' as 'full' })).toThrow(
    'crop "valid": known: full, grid, same; take full for all offsets that two steps reach, same for those of the left factor',
  )
  expect(() => closePairs(p, { squarings: -1 })).toThrow(
    'closePairs: squarings -1: expected a whole number of at least 0; n squarings reach as far as 2ⁿ steps',
  )
})

function squared(p: (typeof factors)[0][0]) {
  return multiplyPairs(p, p)
}

function denseProduct(a: Float32Array, b: Float32Array, { zero, add, multiply }: Semiring): Float64Array {
  const size = Math.sqrt(a.length)
  return Float64Array.from({ length: a.length }, (_, at) => {
    const [row, column] = [Math.floor(at / size), at % size]
    let sum: number = zero
    for (let k = 0; k < size; k++) {
      const [x, y] = [a[row * size + k], b[k * size + column]]
      if (x !== zero && y !== zero) sum = add(sum, multiply(x, y))
    }
    return sum
  })
}
