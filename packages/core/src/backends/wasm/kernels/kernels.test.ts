import '@tensorflow/tfjs-backend-cpu'
import '@tensorflow/tfjs-layers'
import { Rng } from '@pixelwise/masks/shared'
import * as tf from '@tensorflow/tfjs-core'
import { afterEach, beforeAll, describe, expect, test } from 'vitest'
import { startWasm } from '../start.js'

/** Every kernel is held against the cpu backend of tfjs, which we did not write, on random tensors. */
type Compute = (...inputs: tf.Tensor[]) => tf.Tensor | tf.Tensor[]

interface Input {
  readonly values: number[]
  readonly shape: number[]
  readonly dtype: tf.NumericDataType
}

let rng = new Rng('wasm kernels')

beforeAll(() => startWasm({ threads: 1 }))

afterEach(() => {
  rng = new Rng('wasm kernels')
})

function floats(...shape: number[]): Input {
  return { values: fill(shape, () => rng.uniform(-1, 1)), shape, dtype: 'float32' }
}

/** All values below zero, where a maximum that starts from the smallest positive number goes wrong. */
function negatives(...shape: number[]): Input {
  return { values: fill(shape, () => rng.uniform(-2, -1)), shape, dtype: 'float32' }
}

function integers(low: number, high: number, ...shape: number[]): Input {
  return { values: fill(shape, () => low + rng.integer(high - low)), shape, dtype: 'int32' }
}

function fill(shape: number[], next: () => number): number[] {
  return Array.from({ length: tf.util.sizeFromShape(shape) }, next)
}

async function compute(backend: string, inputs: Input[], f: Compute): Promise<{ shape: number[]; values: number[] }[]> {
  await tf.setBackend(backend)
  const made = tf.tidy(() => f(...inputs.map(({ values, shape, dtype }) => tf.tensor(values, shape, dtype))))
  const outputs = Array.isArray(made) ? made : [made]
  const read = outputs.map((output) => ({ shape: output.shape, values: [...output.dataSync()] }))
  tf.dispose(outputs)
  return read
}

/** Float32 sums of up to a thousand terms of size one, added in another order, differ by some 1e-5. */
async function expectAgreement(inputs: Input[], f: Compute, tolerance = 2e-5): Promise<void> {
  const expected = await compute('cpu', inputs, f)
  const before = tf.memory().numTensors
  const found = await compute('wasm', inputs, f)
  expect(tf.memory().numTensors).toBe(before)
  expect(found.map(({ shape }) => shape)).toEqual(expected.map(({ shape }) => shape))
  found.forEach(({ values }, output) => {
    expect(largestDifference(values, expected[output]!.values)).toBeLessThanOrEqual(tolerance)
  })
}

function largestDifference(a: number[], b: number[]): number {
  return Math.max(...a.map((value, i) => Math.abs(value - b[i]!)))
}

const gradients = (f: Compute): Compute => {
  return (...inputs) => tf.grads((...x) => f(...x) as tf.Tensor)(inputs)
}

/** Gradients under a random, fixed output gradient: a gradient of ones would hide a misplaced output. */
const weighted = (f: Compute): Compute =>
  gradients((...inputs) => {
    const output = f(...inputs) as tf.Tensor
    const weights = tf.tensor(
      Float32Array.from({ length: output.size }, (_, i) => Math.sin(i * 1.7)),
      output.shape,
    )
    return tf.mul(output, weights)
  })

type Pad = 'same' | 'valid' | number | [[0, 0], [number, number], [number, number], [0, 0]]
type Shape4 = [number, number, number, number]

const explicit: Pad = [
  [0, 0],
  [2, 0],
  [0, 3],
  [0, 0],
]

describe('convolution gradients agree with the cpu backend', () => {
  test.each<[Shape4, Shape4, number | [number, number], Pad]>([
    [[1, 7, 5, 3], [3, 3, 3, 4], 1, 'same'],
    [[2, 7, 6, 3], [3, 3, 3, 4], 1, 'valid'],
    [[2, 8, 9, 2], [3, 3, 2, 5], 2, 'same'],
    [[1, 9, 8, 2], [2, 4, 2, 3], [2, 1], 'valid'],
    [[3, 6, 7, 1], [5, 5, 1, 2], 3, 'same'],
    [[2, 6, 6, 4], [1, 1, 4, 3], 2, 'same'],
    [[1, 6, 6, 4], [1, 1, 4, 3], 1, 'valid'],
    [[1, 5, 5, 2], [3, 3, 2, 2], 1, 5],
    [[1, 5, 6, 2], [3, 2, 2, 2], 1, explicit],
    [[2, 9, 6, 2], [3, 2, 2, 2], [2, 3], explicit],
    [[1, 7, 7, 18], [7, 7, 18, 20], 1, 'valid'],
    [[1, 20, 20, 17], [3, 3, 17, 19], 1, 'same'],
    [[1, 11, 4, 2], [8, 2, 2, 3], [4, 2], explicit],
  ])('x %j, filter %j, stride %j, pad %j', async (x, filter, stride, pad) => {
    const convolve: Compute = (image, taps) => {
      return tf.conv2d(image as tf.Tensor4D, taps as tf.Tensor4D, stride, pad as 'same')
    }
    await expectAgreement([floats(...x), floats(...filter)], weighted(convolve), 5e-5)
  })

  test.each<[Shape4, Shape4, Shape4, number, Pad]>([
    [[1, 3, 4, 3], [4, 4, 2, 3], [1, 6, 8, 2], 2, 'same'],
    [[2, 3, 2, 2], [64, 64, 2, 2], [2, 128, 96, 2], 32, 'valid'],
    [[1, 4, 4, 2], [3, 3, 3, 2], [1, 8, 7, 3], 2, 'same'],
    [[1, 3, 3, 2], [2, 2, 1, 2], [1, 11, 12, 1], 4, 'valid'],
    [[1, 5, 5, 2], [16, 16, 2, 2], [1, 40, 40, 2], 8, 'same'],
  ])('transposed: x %j, filter %j, output %j, stride %i, pad %j', async (x, filter, shape, stride, pad) => {
    const upsample: Compute = (image, taps) => {
      return tf.conv2dTranspose(image as tf.Tensor4D, taps as tf.Tensor4D, shape, stride, pad as 'same')
    }
    const inputs = [floats(...x), floats(...filter)]
    await expectAgreement(inputs, upsample)
    await expectAgreement(inputs, weighted(upsample), 2e-4)
  })

  test.each<[Shape4, Shape4, number | [number, number], Pad]>([
    [[2, 7, 6, 3], [3, 3, 3, 2], 1, 'same'],
    [[1, 8, 7, 2], [3, 2, 2, 1], 2, 'same'],
    [[1, 8, 7, 2], [2, 3, 2, 3], 1, 'valid'],
    [[1, 8, 7, 2], [3, 3, 2, 2], 2, 1],
  ])('depthwise: x %j, filter %j, stride %j, pad %j', async (x, filter, stride, pad) => {
    const convolve: Compute = (image, taps) => {
      return tf.depthwiseConv2d(image as tf.Tensor4D, taps as tf.Tensor4D, stride, pad as 'same')
    }
    await expectAgreement([floats(...x), floats(...filter)], weighted(convolve))
  })

  test('separable', async () => {
    const convolve: Compute = (x, depthwise, pointwise) => {
      return tf.separableConv2d(x as tf.Tensor4D, depthwise as tf.Tensor4D, pointwise as tf.Tensor4D, 1, 'same')
    }
    await expectAgreement([floats(1, 6, 6, 3), floats(3, 3, 3, 2), floats(1, 1, 6, 4)], weighted(convolve))
  })
})

describe('pooling agrees with the cpu backend, also where every value is negative', () => {
  test.each<[number | [number, number], number | [number, number], 'same' | 'valid' | number]>([
    [2, 2, 'valid'],
    [3, 2, 'same'],
    [3, 1, 'same'],
    [[2, 3], [3, 1], 'valid'],
    [3, 2, 1],
  ])('filter %j, stride %j, pad %j', async (filter, stride, pad) => {
    for (const inputs of [[floats(2, 7, 6, 3)], [negatives(2, 7, 6, 3)]]) {
      await expectAgreement(inputs, (x) => tf.maxPool(x as tf.Tensor4D, filter, stride, pad), 0)
      await expectAgreement(
        inputs,
        weighted((x) => tf.maxPool(x as tf.Tensor4D, filter, stride, pad)),
      )
      await expectAgreement(
        inputs,
        weighted((x) => tf.avgPool(x as tf.Tensor4D, filter, stride, pad)),
      )
      if (typeof pad === 'number') continue
      for (const batchInIndex of [false, true]) {
        const pool: Compute = (x) => {
          const { result, indexes } = tf.maxPoolWithArgmax(x as tf.Tensor4D, filter, stride, pad, batchInIndex)
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
      weighted((x) => tf.maxPool(x as tf.Tensor4D, 3, 2, 'same')),
    )
  })
})

describe('the rest', () => {
  test('gather has its gradient', async () => {
    const gather: Compute = (x) => tf.gather(x, tf.tensor1d([2, 0, 2, 2], 'int32'))
    await expectAgreement([floats(4, 3)], weighted(gather))
  })

  test('segments are summed, and numbers out of range dropped', async () => {
    const sums: Compute = (x, ids) => tf.unsortedSegmentSum(x, ids as tf.Tensor1D, 4)
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
    const count: Compute = (truth, found) => tf.math.confusionMatrix(truth as tf.Tensor1D, found as tf.Tensor1D, 3)
    await expectAgreement([integers(0, 3, 20), integers(0, 3, 20)], count, 0)
  })
})
