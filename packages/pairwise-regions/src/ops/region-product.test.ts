import '@tensorflow/tfjs-layers' // registers the gradients of tfjs
import { replay, trace } from '@pixelwise/compiler'
import { useBackend } from '@pixelwise/core'
import { PixelwiseError } from '@pixelwise/masks/shared'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, test } from 'vitest'
import { irregularPairs, largestDifference, pairsOf, tensorOf } from '../../test-support/pair-examples.js'
import { keptWindow, multiplyPairs, type ProductCrop } from '../algebra/multiply-pairs.js'
import { type SemiringName, semirings } from '../algebra/semirings.js'
import type { PairArray } from '../pair-array.js'
import { gradientByShifts, productByShifts } from './product-by-shifts.js'
import { regionProduct } from './region-product.js'

const names = Object.keys(semirings) as SemiringName[]
const factors = [
  [irregularPairs({ grid: [3, 5], window: 3 }), irregularPairs({ grid: [3, 5], window: 3 }, 1), 'full'],
  [irregularPairs({ grid: [4, 3], window: 4 }), irregularPairs({ grid: [4, 3], window: 3 }, 1), 'same'],
  [irregularPairs({ grid: [2, 3], window: 2, origin: 0 }), irregularPairs({ grid: [2, 3], window: 4 }, 1), 'grid'],
] as const
const cases = names.flatMap((semiring) =>
  factors.map(([left, right, crop]) => ({ semiring, left, right, crop, windows: [left.window, right.window] })),
)
const title = '$semiring, windows $windows, crop $crop'

function shapeOf(left: PairArray, right: PairArray, crop: ProductCrop) {
  const [rows, columns] = left.grid
  const windows = [left.window, right.window] as const
  const origins = [left.origin, right.origin] as const
  return { batch: 1, rows, columns, windows, origins, ...keptWindow(crop, { rows, columns, windows, origins }) }
}

describe.each(['cpu', 'wasm'] as const)('the product on %s', (backend) => {
  beforeAll(async () => {
    await useBackend(backend, backend === 'wasm' ? { threads: 1 } : {})
  })

  test.each(cases)(`is that of pair arrays, and so are the shifts: ${title}`, ({ semiring, left, right, crop }) => {
    const expected = multiplyPairs(left, right, { semiring, crop })
    const [a, b] = [tensorOf(left), tensorOf(right)]
    const product = regionProduct(a, b, { semiring, crop, origins: [left.origin, right.origin] })
    expect(product.shape).toEqual([1, ...left.grid, expected.window ** 2])
    expect(product.dataSync()).toEqual(expected.data)
    const shifted = productByShifts(a, b, shapeOf(left, right, crop), semiring)
    expect(shifted.shape).toEqual(product.shape)
    expect(largestDifference(shifted.dataSync(), expected.data)).toBeLessThan(1e-6)
  })

  test.each(cases)(`has the gradient of central differences, by shifts too: ${title}`, (each) => {
    const { semiring, left, right, crop } = each
    const options = { semiring, crop, origins: [left.origin, right.origin] as const }
    const [a, b] = [tensorOf(left), tensorOf(right)]
    const product = regionProduct(a, b, options)
    const upstream = tensorOf(pairsOf({ grid: left.grid, window: Math.sqrt(product.shape[3]) }, (k) => Math.sin(5 * k)))
    const gradients = tf.grads((x, y) => regionProduct(x as tf.Tensor4D, y as tf.Tensor4D, options))([a, b], upstream)
    const shifted = gradientByShifts(a, b, product, upstream, shapeOf(left, right, crop), semiring)
    for (const [i, gradient] of gradients.entries()) {
      expect(largestDifference(shifted[i].dataSync(), gradient.dataSync())).toBeLessThan(2e-6)
      const differences = centralDifferences(left, right, upstream.dataSync(), each, i)
      expect(largestDifference(gradient.dataSync(), differences)).toBeLessThan(2e-3)
    }
  })

  test('of equally good paths the first takes the gradient, and of equal steps the left', () => {
    const equal = tf.zeros([1, 1, 2, 9]) as tf.Tensor4D
    for (const semiring of ['minplus', 'maxmin'] as const) {
      const options = { semiring, crop: 'same' } as const
      const both = tf.grads((x, y) => regionProduct(x as tf.Tensor4D, y as tf.Tensor4D, options))
      const shape = { batch: 1, rows: 1, columns: 2, windows: [3, 3], origins: [1, 1], first: 1, window: 3 } as const
      const ones = tf.onesLike(equal)
      const gradients = both([equal, tf.clone(equal)], ones)
      // The first region's first middle inside is itself, which leads everywhere; the second's is the first region,
      // which leads to all but the three cells on the other side.
      const expected = [0, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 6, 3, 0, 0, 0, 0]
      const first = [...gradients[0].dataSync()]
      expect(first).toEqual([...gradientByShifts(equal, equal, equal, ones, shape, semiring)[0].dataSync()])
      expect(first.reduce((sum, value) => sum + value, 0)).toBe(18)
      expect(first).toEqual(expected)
      const second = [...gradients[1].dataSync()].reduce((sum, value) => sum + value, 0)
      expect(second).toBe(semiring === 'minplus' ? 18 : 0)
    }
  })

  test.each(names)('%s: where no path leads, nothing flows back, and nothing is NaN', (semiring) => {
    const nowhere = tf.fill([1, 2, 2, 9], semirings[semiring].zero) as tf.Tensor4D
    const shape = shapeOf(factors[0][0], factors[0][0], 'full')
    const run = (x: tf.Tensor, y: tf.Tensor) => regionProduct(x as tf.Tensor4D, y as tf.Tensor4D, { semiring })
    const product = run(nowhere, nowhere) as tf.Tensor4D
    expect(new Set(product.dataSync())).toEqual(new Set([semirings[semiring].zero]))
    const ones = tf.onesLike(product)
    const gradients = [
      ...tf.grads(run)([nowhere, tf.clone(nowhere)], ones),
      ...gradientByShifts(nowhere, nowhere, product, ones, { ...shape, rows: 2, columns: 2 }, semiring),
    ]
    for (const gradient of gradients) expect(new Set(gradient.dataSync())).toEqual(new Set([0]))
  })

  test.each(names)('%s can be traced with its gradient, to kernels that tfjs knows', (semiring) => {
    const [a, b] = [tensorOf(factors[0][0]), tensorOf(factors[0][1])]
    const run = (x: tf.Tensor, y: tf.Tensor) => regionProduct(x as tf.Tensor4D, y as tf.Tensor4D, { semiring })
    const all = (x: tf.Tensor, y: tf.Tensor) => {
      const loss = (u: tf.Tensor, v: tf.Tensor) => {
        const product = run(u, v)
        return tf.sum(tf.mul(tf.where(tf.isFinite(product), product, tf.zerosLike(product)), 0.5))
      }
      return [run(x, y), ...tf.grads(loss)([x, y])]
    }
    const { graph } = trace(all, [{ shape: a.shape }, { shape: b.shape }])
    expect(graph.nodes.filter(({ kernel }) => kernel.startsWith('Region'))).toEqual([])
    const feeds = new Map(graph.inputs.map(({ value }, i) => [value, [a, b][i]]))
    const expected = all(a, b)
    for (const [i, output] of replay(graph, feeds).outputs.entries()) {
      expect(largestDifference(output.dataSync(), expected[i].dataSync())).toBeLessThan(2e-6)
    }
  })

  test('treats the images of a batch one by one', () => {
    const [a, b] = [1, 2].map((seed) => tensorOf(irregularPairs({ grid: [3, 2], window: 3 }, seed)))
    const together = regionProduct(tf.concat([a, b]), tf.concat([b, a]))
    const apart = tf.concat([regionProduct(a, b), regionProduct(b, a)])
    expect(together.dataSync()).toEqual(apart.dataSync())
  })
})

test('says what it cannot multiply', () => {
  const product =
    (left: number[], right: number[], options = {}) =>
    () =>
      regionProduct(tf.zeros<tf.Rank>(left) as tf.Tensor4D, tf.zeros<tf.Rank>(right) as tf.Tensor4D, options)
  expect(product([1, 2, 3, 9], [1, 3, 2, 9])).toThrow(
    new PixelwiseError('regionProduct/mismatch', {
      what: 'regionProduct: [1, 2, 3, 9] and [1, 3, 2, 9]',
      rule: 'both factors must have the same batch and grid',
      next: 'take both from the same pathway',
    }),
  )
  expect(product([1, 2, 3, 9], [1, 2, 3, 8])).toThrow('regionProduct: right of shape [1, 2, 3, 8]')
  expect(product([1, 2, 3, 9], [1, 2, 3, 4], { origins: [1, 2] })).toThrow(
    'regionProduct: origin 2 in a window of 2×2: the origin is a cell of the window, from 0 to 1; leave it out for the centre, 1',
  )
  expect(product([1, 2, 3, 9], [1, 2, 3, 4], { semiring: 'minpluss' })).toThrow('did you mean minplus?')
})

/** d⟨product, upstream⟩ / d factor in float64, where the entries that are zero have no part. */
function centralDifferences(
  left: PairArray,
  right: PairArray,
  upstream: ArrayLike<number>,
  { semiring, crop }: { semiring: SemiringName; crop: ProductCrop },
  which: number,
): number[] {
  const step = semiring === 'minplus' || semiring === 'maxmin' ? 2 ** -14 : 2 ** -7
  const factors = [left, right]
  const at = (k: number, distance: number) => {
    const moved = { ...factors[which], data: factors[which].data.slice() }
    moved.data[k] += distance
    const product = multiplyPairs(which === 0 ? moved : left, which === 1 ? moved : right, { semiring, crop })
    return product.data.reduce((sum, value, i) => sum + (Number.isFinite(value) ? value * upstream[i] : 0), 0)
  }
  return [...factors[which].data].map((_, k) => (at(k, step) - at(k, -step)) / (2 * step))
}
