import '@tensorflow/tfjs-layers' // registers the gradients of tfjs
import { convolution, useBackend } from '@pixelwise/core'
import { seededTensor } from '@pixelwise/testing'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, test } from 'vitest'
import { regionTranspose } from './region-transpose.js'
import { subsampledProducts, subsampledRegions } from './subsampled-regions.js'

beforeAll(async () => {
  await useBackend('wasm')
})

const cases = [2, 3, 4, 8].flatMap((step) =>
  [
    { window: 5, kernel: 3, size: [7, 9] },
    { window: 4, kernel: 5, size: [11, 6] },
    { window: 14, kernel: 5, size: [9, 5] },
  ].map((shape) => ({ step, ...shape })),
)

function tensors(window: number, kernel: number, [height, width]: number[]) {
  const features = seededTensor([2, height, width, 3], 'features') as tf.Tensor4D
  const filter = seededTensor([kernel, kernel, 3, window ** 2], 'kernel') as tf.Tensor4D
  const bias = seededTensor([window ** 2], 'bias') as tf.Tensor1D
  return { features, filter, bias }
}

function denseThenDropped(features: tf.Tensor4D, filter: tf.Tensor4D, bias: tf.Tensor1D, origin: number, step: number) {
  const pairs = tf.add<tf.Tensor4D>(convolution(features, filter, { pad: (filter.shape[0] - 1) / 2 }), bias)
  return tf.stridedSlice(regionTranspose(pairs, { origin }), [0, 0, 0, 0], pairs.shape, [1, step, step, 1])
}

describe.each(cases)('every $step-th region of windows of $window under kernels of $kernel on $size', (of) => {
  const { step, window, kernel, size } = of
  test.each([Math.floor(window / 2), 0, window - 1])('is what dropping leaves of all, origin %i', (origin) => {
    const { features, filter, bias } = tensors(window, kernel, size)
    const sparse = subsampledRegions(features, filter, bias, { origin, step })
    const dense = denseThenDropped(features, filter, bias, origin, step)
    expect(sparse.shape).toEqual(dense.shape)
    const difference = tf.max(tf.abs(tf.sub(sparse, dense))).dataSync()[0]
    expect(difference).toBeLessThan(1e-5 * tf.max(tf.abs(dense)).dataSync()[0])
  })
})

test('its gradients are those of all with the rest dropped', () => {
  const { features, filter, bias } = tensors(5, 3, [7, 9])
  const probe = seededTensor([2, 3, 3, 25], 'probe')
  const project = (of: (x: tf.Tensor4D, w: tf.Tensor4D, b: tf.Tensor1D) => tf.Tensor) =>
    tf.grads((x, w, b) => tf.sum(tf.mul(of(x as tf.Tensor4D, w as tf.Tensor4D, b as tf.Tensor1D), probe)))([
      features,
      filter,
      bias,
    ])
  const sparse = project((x, w, b) => subsampledRegions(x, w, b, { origin: 2, step: 3 }))
  // Strided slices have no gradient in tfjs; zeros between the probes say the same.
  const dense = project((x, w, b) => {
    const all = regionTranspose(tf.add(convolution(x, w, { pad: 1 }), b) as tf.Tensor4D, { origin: 2 })
    const kept = [0, 3, 6].map((row) =>
      tf.concat(
        [0, 3, 6].map((column) => tf.slice(all, [0, row, column, 0], [-1, 1, 1, -1])),
        2,
      ),
    )
    return tf.concat(kept, 1)
  })
  for (const [i, gradient] of sparse.entries()) {
    expect(tf.max(tf.abs(tf.sub(gradient, dense[i]))).dataSync()[0]).toBeLessThan(1e-4)
  }
})

test('costs 1/step² of the products, within 5 %', () => {
  const table = [
    { size: [240, 320, 128], window: 14, kernel: 5 },
    { size: [120, 160, 256], window: 14, kernel: 5 },
    { size: [60, 80, 512], window: 18, kernel: 9 },
    { size: [30, 40, 512], window: 18, kernel: 9 },
  ] as const
  for (const step of [2, 3, 4]) {
    const total = (of: number) =>
      table.reduce(
        (sum, { size, window, kernel }) =>
          sum + subsampledProducts(size, { kernel, window, origin: window / 2, step: of }),
        0,
      )
    expect(Math.abs((total(step) / total(1)) * step * step - 1)).toBeLessThan(0.05)
  }
})
