import '@tensorflow/tfjs-layers' // registers the gradients of tfjs
import { convolution, useBackend } from '@pixelwise/core'
import { PixelwiseError } from '@pixelwise/masks/shared'
import { seededTensor } from '@pixelwise/testing'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, test } from 'vitest'
import { largestDifference } from '../../test-support/pair-examples.js'
import { LocalMatrix } from '../layers/local-matrix.js'
import { localMatrix } from './local-matrix.js'
import { regionTranspose } from './region-transpose.js'

const features = () => seededTensor([2, 7, 9, 4], 'features') as tf.Tensor4D
const filter = (window: number) => seededTensor([3, 3, 4, window ** 2], 'filter') as tf.Tensor4D
const matrix = (window: number) => seededTensor([window ** 2, window ** 2], 'matrix') as tf.Tensor2D

describe.each(['cpu', 'wasm'] as const)('the local matrix on %s', (backend) => {
  beforeAll(async () => {
    await useBackend(backend, backend === 'wasm' ? { threads: 1 } : {})
  })

  test.each([3, 4])('is a 1×1 convolution, window %i', (window) => {
    const p = seededTensor([2, 5, 3, window ** 2], 'pairs') as tf.Tensor4D
    const filters = tf.reshape<tf.Rank.R4>(matrix(window), [1, 1, window ** 2, window ** 2])
    const expected = convolution(p, filters)
    expect(largestDifference(localMatrix(p, matrix(window)).dataSync(), expected.dataSync())).toBeLessThan(1e-5)
    const upstream = seededTensor(expected.shape, 'upstream')
    const ours = tf.grads((x, a) => localMatrix(x as tf.Tensor4D, a as tf.Tensor2D))([p, matrix(window)], upstream)
    const theirs = tf.grads((x, a) => convolution(x as tf.Tensor4D, a as tf.Tensor4D))([p, filters], upstream)
    for (const i of [0, 1]) expect(largestDifference(ours[i].dataSync(), theirs[i].dataSync())).toBeLessThan(1e-5)
  })

  test.each([3, 4])(
    'directly after a convolution it is one convolution with the products of both, window %i',
    (window) => {
      const inTurn = localMatrix(convolution(features(), filter(window), { pad: 1 }), matrix(window))
      const flat = tf.reshape<tf.Rank.R2>(filter(window), [36, window ** 2])
      const combined = tf.reshape<tf.Rank.R4>(tf.matMul(flat, matrix(window)), [3, 3, 4, window ** 2])
      const atOnce = convolution(features(), combined, { pad: 1 })
      expect(largestDifference(inTurn.dataSync(), atOnce.dataSync())).toBeLessThan(1e-5)
    },
  )

  test.each([
    [3, 1],
    [4, 2],
    [4, 1],
  ])(
    'a transposed convolution applies to each cell the filter of its place, window %i, origin %i',
    (window, origin) => {
      const transposed = regionTranspose(convolution(features(), filter(window), { pad: 1 }), { origin }).arraySync()
      const predicted = convolution(features(), filter(window), { pad: 1 }).arraySync()
      for (const [n, y, x] of [
        [0, 3, 4],
        [1, 0, 8],
        [0, 6, 0],
      ]) {
        for (let i = 0; i < window; i++) {
          for (let j = 0; j < window; j++) {
            const cell = predicted[n][y + i - origin]?.[x + j - origin]
            const filterOfPlace = (window - 1 - i) * window + window - 1 - j
            expect(transposed[n][y][x][i * window + j]).toBe(cell?.[filterOfPlace] ?? 0)
          }
        }
      }
    },
  )
})

describe('as a layer', () => {
  test('it starts as the identity and a little noise, which seed and name decide', () => {
    const start = (config: object) => {
      const layer = new LocalMatrix({ name: 'matrix', ...config })
      layer.build([null, 4, 4, 16])
      return layer.getWeights()[0].dataSync()
    }
    const noise = Float32Array.from(start({})).map((value, k) => value - (k % 17 === 0 ? 1 : 0))
    const deviation = Math.sqrt(noise.reduce((sum, value) => sum + value * value, 0) / noise.length)
    expect(deviation).toBeGreaterThan(0.008)
    expect(deviation).toBeLessThan(0.012)
    expect(start({})).toEqual(start({}))
    expect(start({ seed: 1 })).not.toEqual(start({}))
    expect([...start({ deviation: 0 })]).toEqual(Array.from({ length: 256 }, (_, k) => (k % 17 === 0 ? 1 : 0)))
  })

  test('of Table 4.1 it has 38,416 and 104,976 weights, besides the bias', () => {
    const weights = (window: number) => {
      const layer = new LocalMatrix({ bias: false })
      layer.build([null, null, null, window ** 2])
      return layer.countParams()
    }
    expect([14, 18].map(weights)).toEqual([38416, 104976])
  })

  test('says where it cannot be put', () => {
    expect(() => new LocalMatrix({ name: 'matrix' }).apply(tf.zeros([1, 2, 2, 5]))).toThrow(
      new PixelwiseError('layer/wrong-rank', {
        what: 'matrix: an input of shape [1, 2, 2, 5]',
        rule: 'expected [N, H, W, R·R]: the channels are the cells of a square window',
        next: 'end the convolution before it with R·R filters',
      }),
    )
    expect(() => new LocalMatrix({ name: 'matrix', deviation: -1 })).toThrow(
      'matrix: deviation -1: a deviation is a finite number, 0 or more; take 0 to start with the identity itself',
    )
    expect(() => localMatrix(tf.zeros([1, 2, 2, 9]), tf.zeros([4, 4]))).toThrow(
      new PixelwiseError('localMatrix/wrong-size', {
        what: 'localMatrix: a matrix of 4×4 for windows of 3×3 cells',
        rule: 'expected a row for each of the 9 entries of a region',
        next: 'build the matrix for the window of the pathway',
      }),
    )
  })
})
