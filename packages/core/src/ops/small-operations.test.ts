import { Rng } from '@pixelwise/masks/shared'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, test } from 'vitest'
import { useBackend } from '../backends/index.js'
import {
  batchNormalization,
  batchNormalizationTraining,
  crop,
  dropout,
  dropoutMask,
  fullyConnected,
  lrnAcrossChannels,
  lrnWithinChannel,
  meanVarianceNormalization,
} from './index.js'

/** A tensor whose rank the operation must refuse. */
const ofWrongRank = (...shape: number[]) => tf.ones<tf.Rank>(shape) as tf.Tensor4D

beforeAll(async () => {
  await useBackend('cpu')
})

const map = (...shape: [number, number, number, number]) => tf.ones<tf.Rank.R4>(shape)

test('crop names a cut that sticks out', () => {
  expect(() => crop(map(1, 9, 11, 4), [8, 0], [5, 5])).toThrowErrorMatchingInlineSnapshot(
    `[PixelwiseError: crop: 5×5 at offset 8,0 sticks out of 9×11: offset and size together must stay inside the map; set pad of the backbone higher (net.pad in a configuration; the published FCNs have pad 100), or solve the offset from the geometry of the net]`,
  )
  expect(() => crop(map(1, 9, 11, 4), [0, 7], [9, 5])).toThrowErrorMatchingInlineSnapshot(
    `[PixelwiseError: crop: 9×5 at offset 0,7 sticks out of 9×11: offset and size together must stay inside the map; set pad of the backbone higher (net.pad in a configuration; the published FCNs have pad 100), or solve the offset from the geometry of the net]`,
  )
  expect(() => crop(map(1, 9, 11, 4), [-1, 0], [5, 5])).toThrowErrorMatchingInlineSnapshot(
    `[PixelwiseError: crop: offset -1: expected a whole number of at least 0; change offset]`,
  )
  expect(() => crop(ofWrongRank(9, 11), [0, 0], [5, 5])).toThrowErrorMatchingInlineSnapshot(
    `[PixelwiseError: crop: x of shape [9, 11]: expected rank 4, [N, H, W, C]; reshape it, or add the missing axis with tf.expandDims]`,
  )
})

test('a fully connected operation asks for sizes that fit', () => {
  expect(() => fullyConnected(tf.ones([2, 5]), tf.ones([4, 5]))).toThrowErrorMatchingInlineSnapshot(
    `[PixelwiseError: fullyConnected: x [2, 5], weights [4, 5]: expected x [N, K], weights [K, M] and bias [M]; transpose weights that come as [M, K] (Caffe stores them so)]`,
  )
  expect(() => fullyConnected(tf.ones([2, 5]), tf.ones([5, 4]), tf.ones([5]))).toThrowErrorMatchingInlineSnapshot(
    `[PixelwiseError: fullyConnected: x [2, 5], weights [5, 4], bias [5]: expected x [N, K], weights [K, M] and bias [M]; transpose weights that come as [M, K] (Caffe stores them so)]`,
  )
  expect(() =>
    fullyConnected(map(1, 1, 1, 5) as unknown as tf.Tensor2D, tf.ones([5, 4])),
  ).toThrowErrorMatchingInlineSnapshot(
    `[PixelwiseError: fullyConnected: x of shape [1, 1, 1, 5]: expected rank 2, [N, K]; reshape it, or add the missing axis with tf.expandDims]`,
  )
})

describe('dropout', () => {
  test('the same seed gives the same mask, at about the rate asked for', () => {
    const masks = [1, 1, 2].map((seed) => dropoutMask([100, 100], 0.3, new Rng(seed)).dataSync())
    expect(masks[0]).toEqual(masks[1])
    expect(masks[0]).not.toEqual(masks[2])
    expect(new Set(masks[0])).toEqual(new Set([0, 1]))
    const kept = Array.from(masks[0]).reduce((sum, value) => sum + value, 0) / 10_000
    expect(Math.abs(kept - 0.7)).toBeLessThan(0.0185) // four standard deviations of a share of 10,000 draws
  })

  test('asks for a rate below 1 and a mask of the same shape', () => {
    expect(() => dropoutMask([2], 1, new Rng(1))).toThrowErrorMatchingInlineSnapshot(
      `[PixelwiseError: dropout: rate 1: expected a number of at least 0 and below 1; pass the share of values to silence, such as 0.5]`,
    )
    expect(() => dropout(tf.ones([2]), tf.ones([2]), -0.1)).toThrowErrorMatchingInlineSnapshot(
      `[PixelwiseError: dropout: rate -0.1: expected a number of at least 0 and below 1; pass the share of values to silence, such as 0.5]`,
    )
    expect(() => dropout(tf.ones([2, 3]), tf.ones([3, 2]), 0.5)).toThrowErrorMatchingInlineSnapshot(
      `[PixelwiseError: dropout: mask [3, 2] for x [2, 3]: the mask must have the shape of x; draw it with dropoutMask(x.shape, rate, rng)]`,
    )
  })
})

describe('normalisation', () => {
  test('local response normalisation reproduces the worked example', () => {
    const channels = tf.tensor4d([1, 2, 3, 4, 5, 6, 7], [1, 1, 1, 7])
    const weak = [0.999790051, 1.999100472, 2.99752738, 3.994608491, 4.989898861, 5.988684947, 6.988472189]
    const strong = [0.367419585, 0.46473616, 0.46530243, 0.439536343, 0.410772613, 0.518113946, 0.666503084]
    for (const [alpha, expected] of [[1e-4, weak] as const, [1, strong] as const]) {
      const output = lrnAcrossChannels(channels, { alpha }).dataSync()
      for (const [i, value] of expected.entries()) expect(output[i]).toBeCloseTo(value, 5)
    }
  })

  test('windows need a middle', () => {
    expect(() => lrnAcrossChannels(map(1, 2, 2, 4), { size: 4 })).toThrowErrorMatchingInlineSnapshot(
      `[PixelwiseError: lrnAcrossChannels: size 4: the window needs a middle, so its size must be an odd whole number; pass 3 or 5]`,
    )
    expect(() => lrnWithinChannel(map(1, 2, 2, 4), { size: 0 })).toThrowErrorMatchingInlineSnapshot(
      `[PixelwiseError: lrnWithinChannel: size 0: the window needs a middle, so its size must be an odd whole number; pass 3 or 5]`,
    )
  })

  test('all ask for maps of rank 4', () => {
    const flat = ofWrongRank(2, 3)
    expect(() => lrnAcrossChannels(flat)).toThrowErrorMatchingInlineSnapshot(
      `[PixelwiseError: lrnAcrossChannels: x of shape [2, 3]: expected rank 4, [N, H, W, C]; reshape it, or add the missing axis with tf.expandDims]`,
    )
    expect(() => lrnWithinChannel(flat)).toThrowErrorMatchingInlineSnapshot(
      `[PixelwiseError: lrnWithinChannel: x of shape [2, 3]: expected rank 4, [N, H, W, C]; reshape it, or add the missing axis with tf.expandDims]`,
    )
    expect(() => meanVarianceNormalization(flat)).toThrowErrorMatchingInlineSnapshot(
      `[PixelwiseError: meanVarianceNormalization: x of shape [2, 3]: expected rank 4, [N, H, W, C]; reshape it, or add the missing axis with tf.expandDims]`,
    )
    expect(() => batchNormalizationTraining(flat)).toThrowErrorMatchingInlineSnapshot(
      `[PixelwiseError: batchNormalization: x of shape [2, 3]: expected rank 4, [N, H, W, C]; reshape it, or add the missing axis with tf.expandDims]`,
    )
  })

  test('batch normalisation asks for one number per channel', () => {
    const [mean, variance] = [tf.ones<tf.Rank.R1>([3]), tf.ones<tf.Rank.R1>([3])]
    expect(() => batchNormalization(map(1, 2, 2, 4), { mean, variance })).toThrowErrorMatchingInlineSnapshot(
      `[PixelwiseError: batchNormalization: mean [3] for x [1, 2, 2, 4]: expected one number per channel, [4]; pass the weights that belong to this layer]`,
    )
    expect(() =>
      batchNormalizationTraining(map(1, 2, 2, 3), { scale: tf.ones([4]) }),
    ).toThrowErrorMatchingInlineSnapshot(
      `[PixelwiseError: batchNormalization: scale [4] for x [1, 2, 2, 3]: expected one number per channel, [3]; pass the weights that belong to this layer]`,
    )
    expect(() =>
      batchNormalizationTraining(map(1, 2, 2, 3), { centre: tf.ones([1, 3]) as unknown as tf.Tensor1D }),
    ).toThrowErrorMatchingInlineSnapshot(
      `[PixelwiseError: batchNormalization: centre of shape [1, 3]: expected rank 1, [C]; reshape it, or add the missing axis with tf.expandDims]`,
    )
  })

  test('the moments of a quarter of a million values keep their digits on wasm', async () => {
    await useBackend('wasm')
    const x = tf.fill<tf.Rank.R4>([1, 500, 500, 1], 100.1)
    const { mean, variance } = batchNormalizationTraining(x)
    // Sums of 500 float32 numbers lose up to 500 · 6e-8 of their size.
    expect(Math.abs(mean.dataSync()[0] - 100.1)).toBeLessThan(100.1 * 500 * 6e-8)
    expect(variance.dataSync()[0]).toBeLessThan(1e-5)
  })
})
