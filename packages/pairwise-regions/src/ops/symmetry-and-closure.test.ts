import '@tensorflow/tfjs-layers' // registers the gradients of tfjs
import { useBackend } from '@pixelwise/core'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, test } from 'vitest'
import { irregularPairs, largestDifference, tensorOf } from '../../test-support/pair-examples.js'
import { addPairs, identityPairs, symmetrisePairs } from '../algebra/add-pairs.js'
import { closePairs } from '../algebra/close-pairs.js'
import { type SemiringName, semirings } from '../algebra/semirings.js'
import { regionClosure } from './region-closure.js'
import { regionSymmetry } from './region-symmetry.js'

const names = Object.keys(semirings) as SemiringName[]
const arrays = [
  irregularPairs({ grid: [3, 5], window: 3 }),
  irregularPairs({ grid: [4, 3], window: 4 }),
  irregularPairs({ grid: [2, 3], window: 3, origin: 0 }),
]
const cases = names.flatMap((semiring) =>
  arrays.map((p) => ({ semiring, p, window: p.window, origin: p.origin, grid: p.grid })),
)
const title = '$semiring, $grid, window $window, origin $origin'

describe.each(['cpu', 'wasm'] as const)('on %s', (backend) => {
  beforeAll(async () => {
    await useBackend(backend, backend === 'wasm' ? { threads: 1 } : {})
  })

  test.each(cases)(`regionSymmetry is that of pair arrays: ${title}`, ({ semiring, p, origin }) => {
    const expected = symmetrisePairs(p, { semiring })
    const symmetric = regionSymmetry(tensorOf(p), { semiring, origin })
    expect(symmetric.shape).toEqual([1, ...p.grid, expected.window ** 2])
    expect(largestDifference(symmetric.dataSync(), expected.data)).toBeLessThan(1e-6)
  })

  test.each(cases)(`regionClosure is that of pair arrays: ${title}`, ({ semiring, p, origin }) => {
    for (const crop of ['same', 'full', 'grid'] as const) {
      for (const squarings of [0, 1, 2]) {
        const expected =
          squarings === 0
            ? addPairs(p, identityPairs({ grid: p.grid, stride: 1 }, { semiring }), { semiring })
            : closePairs(p, { semiring, crop, squarings })
        const closed = regionClosure(tensorOf(p), { semiring, origin, crop, squarings })
        expect(closed.shape).toEqual([1, ...p.grid, expected.window ** 2])
        const scale = Math.max(1, ...[...expected.data].filter(Number.isFinite).map(Math.abs))
        expect(largestDifference(closed.dataSync(), expected.data) / scale).toBeLessThan(1e-6)
      }
    }
  })

  test.each(cases)(`gradients are those of central differences: ${title}`, ({ semiring, p, origin }) => {
    const isSelecting = semiring === 'minplus' || semiring === 'maxmin'
    const step = isSelecting ? 2 ** -14 : 2 ** -7
    const along = irregularPairs(p, 9)
    for (const run of [
      (x: tf.Tensor4D) => regionSymmetry(x, { semiring, origin }),
      (x: tf.Tensor4D) => regionClosure(x, { semiring, origin, squarings: 2 }),
    ]) {
      const loss = (x: tf.Tensor) => {
        const result = run(x as tf.Tensor4D)
        const weights = tf.sin(tf.range(1, result.size + 1))
        const finite = tf.where(tf.isFinite(result), result, tf.zerosLike(result))
        return tf.sum(tf.mul(tf.reshape(finite, [-1]), weights))
      }
      const analytic = tf.sum(tf.mul(tf.grad(loss)(tensorOf(p)), tensorOf(along))).dataSync()[0]
      const at = (distance: number) => {
        const moved = p.data.map((value, k) => value + distance * along.data[k])
        return loss(tensorOf({ ...p, data: moved })).dataSync()[0]
      }
      const numeric = (at(step) - at(-step)) / (2 * step)
      // A difference of float32 sums of up to 50 over the distance of two steps.
      expect(Math.abs(analytic - numeric)).toBeLessThan(2e-2 * Math.max(1, Math.abs(analytic)))
    }
  })

  test('leave no tensor behind', () => {
    const p = tensorOf(arrays[1])
    const run = () => tf.dispose([regionSymmetry(p), regionClosure(p, { squarings: 2 })])
    run()
    const before = tf.memory().numTensors
    run()
    expect(tf.memory().numTensors).toBe(before)
  })
})

test('symmetry is symmetric in the gradient too: of equal values the own one learns', () => {
  const gradient = tf.grad((x) => tf.sum(regionSymmetry(x as tf.Tensor4D, { semiring: 'maxmin' })))
  const inside = [...gradient(tf.zeros([1, 3, 3, 9])).dataSync()].slice(4 * 9, 5 * 9)
  expect(inside).toEqual(Array(9).fill(1))
})

test('says how far a closure goes', () => {
  expect(() => regionClosure(tf.zeros([1, 2, 2, 9]), { squarings: 0.5 })).toThrow(
    'regionClosure: squarings 0.5: expected a whole number of at least 0; n squarings reach as far as 2ⁿ steps',
  )
})
