import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, test } from 'vitest'
import { startWasm } from '../start.js'
import {
  type Compute,
  compute,
  expectAgreement,
  expectTranspose,
  floats,
  gradients,
  type Input,
  integers,
  negatives,
  truths,
} from '../test-support/agreement.mjs'

beforeAll(() => startWasm({ threads: 1 }))

describe('pooling agrees with the cpu backend, also where every value is negative', () => {
  test.each<[number | [number, number], number | [number, number], 'same' | 'valid' | number]>([
    [2, 2, 'valid'],
    [3, 2, 'same'],
    [3, 1, 'same'],
    [[2, 3], [3, 1], 'valid'],
    [3, 2, 1],
  ])('filter %j, stride %j, pad %j', async (filter, stride, pad) => {
    for (const inputs of [[floats(2, 7, 6, 3)], [negatives(2, 7, 6, 3)]]) {
      await expectAgreement(inputs, (x) => tf.maxPool(x, filter, stride, pad), 0)
      await expectAgreement(
        inputs,
        gradients((x) => tf.maxPool(x, filter, stride, pad)),
      )
      await expectAgreement(inputs, (x) => tf.avgPool(x, filter, stride, pad))
      await expectTranspose(inputs[0], (x) => tf.avgPool(x, filter, stride, pad))
      if (typeof pad === 'number') continue
      for (const batchInIndex of [false, true]) {
        const pool: Compute = (x) => {
          const { result, indexes } = tf.maxPoolWithArgmax(x, filter, stride, pad, batchInIndex)
          return [result, indexes]
        }
        await expectAgreement(inputs, pool, 0)
      }
    }
  })

  test('the first of equal values takes the gradient', async () => {
    const level: Input = { values: Array(36).fill(-1), shape: [1, 6, 6, 1], dtype: 'float32' }
    await expectAgreement(
      [level],
      gradients((x) => tf.maxPool(x, 3, 2, 'same')),
    )
  })
})

describe('output sizes that tfjs rounds up', () => {
  // Caffe pools the last, cut window too. tfjs's own gradient kernels are not told, and the cpu backend's go wrong.
  test('max pooling', async () => {
    const pool: Compute = (x) => tf.maxPool(x, 3, 2, 0, 'ceil')
    const image = floats(1, 8, 8, 2)
    await expectAgreement([image], pool, 0)
    const padded: Compute = (x) =>
      pool(
        tf.pad(
          x,
          [
            [0, 0],
            [0, 1],
            [0, 1],
            [0, 0],
          ],
          -9,
        ),
      )
    const [inside] = await compute('wasm', [image], gradients(pool))
    const [expected] = await compute('cpu', [image], gradients(padded))
    expect(inside.values).toEqual(expected.values)
  })

  test('average pooling', async () => {
    const pool: Compute = (x) => tf.avgPool(x, 3, 2, 0, 'ceil')
    await expectAgreement([floats(1, 8, 8, 2)], pool)
    await expectTranspose(floats(1, 8, 8, 2), pool)
  })

  test('convolution', async () => {
    await expectAgreement([floats(1, 8, 8, 2), floats(3, 3, 2, 2)], (x, filter) => {
      return tf.conv2d(x, filter, 2, 0, 'NHWC', 1, 'ceil')
    })
  })
})

test('a numeric pad holds for filters that are not square', async () => {
  // tfjs takes the height for both; the explicit form of the same pad is right on every backend.
  const inputs = [floats(1, 11, 4, 2), floats(8, 2, 2, 3)]
  const explicit = [
    [0, 0],
    [2, 2],
    [2, 2],
    [0, 0],
  ] as const
  const [found] = await compute('wasm', inputs, (x, filter) => tf.conv2d(x, filter, [4, 2], 2))
  const [expected] = await compute('cpu', inputs, (x, filter) => tf.conv2d(x, filter, [4, 2], explicit as never))
  expect(found.shape).toEqual([1, 2, 4, 3])
  for (const [i, value] of found.values.entries()) expect(value).toBeCloseTo(expected.values[i], 4)
})

describe.each([
  ['bilinear', tf.image.resizeBilinear],
  ['nearest', tf.image.resizeNearestNeighbor],
] as const)('%s resizing', (_name, resize) => {
  test.each([
    [7, 9],
    [2, 3],
    [5, 5],
    [1, 1],
    [13, 4],
  ])('to %i×%i has the transpose as its gradient, in every convention', async (height, width) => {
    for (const [alignCorners, halfPixelCenters] of [
      [false, false],
      [true, false],
      [false, true],
    ]) {
      const resized: Compute = (x) => resize(x, [height, width], alignCorners, halfPixelCenters)
      await expectAgreement([floats(2, 4, 5, 3)], resized)
      await expectTranspose(floats(2, 4, 5, 3), resized)
    }
  })
})

describe('types', () => {
  test('a cast to bool asks whether a value is zero', async () => {
    await expectAgreement([floats(5)], (x) => tf.cast(x, 'bool'), 0)
    await expectAgreement([integers(0, 3, 9)], (x) => tf.cast(x, 'bool'), 0)
    await expectAgreement([truths(5)], (x) => tf.cast(x, 'float32'), 0)
  })

  test('one-hot rows have the type that is asked for', async () => {
    for (const dtype of ['float32', 'int32', 'bool'] as const) {
      await expectAgreement([integers(-1, 6, 4)], (x) => tf.oneHot(x, 5, 1, 0, dtype), 0)
    }
    await expectAgreement([integers(0, 5, 2, 3)], (x) => tf.oneHot(x, 5, 3, -1), 0)
  })

  test('strided slices and nearest resizing keep labels whole numbers', async () => {
    const everySecond: Compute = (x) => tf.stridedSlice(x, [0, 1], [5, 6], [2, 2])
    for (const labels of [integers(0, 99, 5, 6), truths(5, 6), floats(5, 6)]) {
      await expectAgreement([labels], everySecond, 0)
    }
    await expectAgreement([floats(5, 6)], (x) => tf.stridedSlice(x, [4, 5], [0, 0], [-1, -2]), 0)
    await expectAgreement([integers(0, 9, 1, 3, 3, 1)], (x) => tf.image.resizeNearestNeighbor(x, [6, 6]), 0)
  })
})

describe('computed by the cpu backend', () => {
  test('3-D convolution and pooling, dilation and sums by Einstein have their values and gradients', async () => {
    const volume = floats(1, 3, 4, 4, 2)
    const convolve: Compute = (x, filter) => tf.conv3d(x, filter, 1, 'same')
    await expectAgreement([volume, floats(2, 3, 3, 2, 2)], convolve)
    await expectAgreement([volume, floats(2, 3, 3, 2, 2)], gradients(convolve))
    for (const pool of [tf.maxPool3d, tf.avgPool3d]) {
      await expectAgreement([negatives(1, 3, 4, 4, 2)], (x) => pool(x, 2, 2, 'same'))
      await expectAgreement(
        [negatives(1, 3, 4, 4, 2)],
        gradients((x) => pool(x, 2, 2, 'same')),
      )
    }
    const dilate: Compute = (x, filter) => tf.dilation2d(x, filter, 1, 'same')
    await expectAgreement([negatives(1, 5, 5, 2), negatives(2, 2, 2)], dilate)
    await expectAgreement([negatives(1, 5, 5, 2), negatives(2, 2, 2)], gradients(dilate))
    await expectAgreement([floats(2, 3, 4), floats(2, 4, 5)], (a, b) => tf.einsum('bij,bjk->bik', a, b))
  })
})

test('every kernel of the cpu backend is here, but for those that dense nets have no use for', () => {
  const names = (backend: string) => tf.getKernelsForBackend(backend).map(({ kernelName }) => kernelName)
  const present = new Set(names('wasm'))
  const complexNumbers = ['Complex', 'ComplexAbs', 'FFT', 'IFFT', 'Imag', 'Real']
  const raggedTensors = ['RaggedGather', 'RaggedRange', 'RaggedTensorToTensor']
  const others = ['Draw' /* a canvas of the browser */, 'StaticRegexReplace' /* strings */]
  const missing = names('cpu').filter((name) => !present.has(name))
  expect(missing.sort()).toEqual([...complexNumbers, ...raggedTensors, ...others].sort())
})

describe('the rest', () => {
  test('gather has its gradient', async () => {
    const gather: Compute = (x) => tf.gather(x, tf.tensor1d([2, 0, 2, 2], 'int32'))
    await expectAgreement([floats(4, 3)], gradients(gather))
  })

  test('segments are summed, and numbers out of range dropped', async () => {
    const sums: Compute = (x, ids) => tf.unsortedSegmentSum(x, ids, 4)
    await expectAgreement([floats(6, 2, 3), integers(-1, 6, 6)], sums)
    await expectAgreement([integers(-9, 9, 6), integers(0, 4, 6)], sums)
  })

  test.each([
    [[2, 3], [3, 4], false, false],
    [[3, 2], [3, 4], true, false],
    [[2, 3], [4, 3], false, true],
    [[5, 2, 3], [5, 3, 4], false, false],
    [[1, 2, 3], [5, 3, 4], false, false],
  ])('integer matrices multiply: %j %j', async (a, b, transposeA, transposeB) => {
    const product: Compute = (left, right) => tf.matMul(left, right, transposeA, transposeB)
    await expectAgreement([integers(-9, 9, ...a), integers(-9, 9, ...b)], product, 0)
  })

  test('a confusion matrix is counted', async () => {
    const count: Compute = (truth, found) => tf.math.confusionMatrix(truth, found, 3)
    await expectAgreement([integers(0, 3, 20), integers(0, 3, 20)], count, 0)
  })
})
