import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-layers' // registers the gradients of tfjs
import { beforeAll, describe, expect, test } from 'vitest'
import { useBackend } from '../backends/index.js'
import { bilinearFilter, bilinearFilter1d, bilinearUpsample, transposedConvolution } from './index.js'

/** A tensor whose rank the operation must refuse. */
const ofWrongRank = (...shape: number[]) => tf.ones<tf.Rank>(shape) as tf.Tensor4D

beforeAll(async () => {
  await useBackend('cpu')
})

test('the filters of the published nets', () => {
  expect([...bilinearFilter1d(4)]).toEqual([0.25, 0.75, 0.75, 0.25])
  expect([...bilinearFilter1d(16).slice(0, 8)]).toEqual([
    0.0625, 0.1875, 0.3125, 0.4375, 0.5625, 0.6875, 0.8125, 0.9375,
  ])
  expect(bilinearFilter1d(63)[0]).toBe(1 / 32)
  expect(bilinearFilter1d(64)[0]).toBe(1 / 64)
  expect(bilinearFilter1d(64).reduce((sum, weight) => sum + weight)).toBe(32)
})

test('any factor at any size: a factor of 2 in a filter of 7 leaves zeros outside', () => {
  expect([...bilinearFilter1d(7, 2)]).toEqual([0, 0, 0.5, 1, 0.5, 0, 0])
})

test('keeps channels apart', () => {
  const filter = bilinearFilter(2, 3, 3)
  expect(filter.shape).toEqual([2, 2, 3, 3])
  expect([...filter.dataSync().slice(0, 9)]).toEqual([0.25, 0, 0, 0, 0.25, 0, 0, 0, 0.25])
  expect(bilinearFilter(4, 3, 1).shape).toEqual([4, 4, 1, 3])
})

describe('upsampling', () => {
  test('interpolates 1, 2, 4 as the worked example does', () => {
    const column = bilinearUpsample(tf.tensor4d([1, 2, 4], [1, 3, 1, 1]), 2).dataSync()
    const middle = [...column].filter((_, i) => i % 4 === 1).map((value) => value / 0.75) // column weights .25 .75 .75 .25
    expect(middle).toEqual([0.25, 0.75, 1.25, 1.75, 2.5, 3.5, 3, 1])
  })

  test.each([
    [2, 4],
    [8, 16],
    [32, 63],
    [32, 64],
  ])('factor %i with a filter of %i leaves a constant map constant inside', (factor, size) => {
    const output = bilinearUpsample(tf.ones([1, 4, 4, 1]), factor, { size })
    const inside = tf.slice(output, [0, size, size, 0], [1, factor, factor, 1]).dataSync()
    expect(new Set(inside)).toEqual(new Set([1]))
  })

  describe.each([
    [2, 4],
    [3, 5],
    [4, 7],
    [2, 7],
    [1, 3],
  ])('by a factor of %i with a filter of %i', (factor, size) => {
    const image = () => waves([2, 3, 2, 3])
    const dense = (map: tf.Tensor) =>
      transposedConvolution(map as tf.Tensor4D, bilinearFilter(size, 3, 3), { stride: factor })

    test('equals a transposed convolution, dense and grouped', () => {
      const x = image()
      const quick = bilinearUpsample(x, factor, { size })
      const grouped = transposedConvolution(x, bilinearFilter(size, 3, 1), { stride: factor, groups: 3 })
      expect(distance(quick, dense(x))).toBeLessThan(1e-6)
      expect(distance(quick, grouped)).toBeLessThan(1e-6)
    })

    test('has its gradient', () => {
      const dy = waves([2, factor * 2 + size, factor + size, 3])
      const upsample = (map: tf.Tensor) => bilinearUpsample(map as tf.Tensor4D, factor, { size })
      expect(distance(tf.grad(upsample)(image(), dy), tf.grad(dense)(image(), dy))).toBeLessThan(3e-6)
    })
  })
})

function waves(shape: [number, number, number, number]): tf.Tensor4D {
  return tf.sin(tf.reshape(tf.range(0, tf.util.sizeFromShape(shape)), shape))
}

function distance(a: tf.Tensor, b: tf.Tensor): number {
  return tf.max(tf.abs(tf.sub(a, b))).dataSync()[0]
}

test('wrong use', () => {
  expect(() => bilinearFilter1d(0)).toThrowErrorMatchingInlineSnapshot(
    `[PixelwiseError: bilinearFilter: size 0: expected a whole number of at least 1; change size]`,
  )
  expect(() => bilinearFilter1d(4, 0)).toThrowErrorMatchingInlineSnapshot(
    `[PixelwiseError: bilinearFilter: factor 0: expected a number above 0; pass the upsampling factor, or leave it out to take it from the size]`,
  )
  expect(() => bilinearFilter(4, 3, 2)).toThrowErrorMatchingInlineSnapshot(
    `[PixelwiseError: bilinearFilter: 3 channels in, 2 out: interpolation keeps channels apart: channelsOut must be channelsIn, or 1 for one group per channel; interpolate first and change the number of channels with a 1×1 convolution]`,
  )
  expect(() => bilinearUpsample(ofWrongRank(2, 2), 2)).toThrowErrorMatchingInlineSnapshot(
    `[PixelwiseError: bilinearUpsample: x of shape [2, 2]: expected rank 4, [N, H, W, C]; reshape it, or add the missing axis with tf.expandDims]`,
  )
  expect(() => bilinearUpsample(tf.ones([1, 2, 2, 1]), 1.5)).toThrowErrorMatchingInlineSnapshot(
    `[PixelwiseError: bilinearUpsample: factor 1.5: expected a whole number of at least 1; change factor]`,
  )
})
