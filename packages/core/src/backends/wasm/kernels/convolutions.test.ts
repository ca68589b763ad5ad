import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, test } from 'vitest'
import { startWasm } from '../start.js'
import { type Compute, expectAgreement, floats, gradients } from '../test-support/agreement.mjs'

beforeAll(() => startWasm({ threads: 1 }))

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
      return tf.conv2d(image, taps, stride, pad as 'same')
    }
    await expectAgreement([floats(...x), floats(...filter)], gradients(convolve), 5e-5)
  })

  test.each<[Shape4, Shape4, Shape4, number, Pad]>([
    [[1, 3, 4, 3], [4, 4, 2, 3], [1, 6, 8, 2], 2, 'same'],
    [[2, 3, 2, 2], [64, 64, 2, 2], [2, 128, 96, 2], 32, 'valid'],
    [[1, 4, 4, 2], [3, 3, 3, 2], [1, 8, 7, 3], 2, 'same'],
    [[1, 3, 3, 2], [2, 2, 1, 2], [1, 11, 12, 1], 4, 'valid'],
    [[1, 5, 5, 2], [16, 16, 2, 2], [1, 40, 40, 2], 8, 'same'],
  ])('transposed: x %j, filter %j, output %j, stride %i, pad %j', async (x, filter, shape, stride, pad) => {
    const upsample: Compute = (image, taps) => {
      return tf.conv2dTranspose(image, taps, shape, stride, pad as 'same')
    }
    const inputs = [floats(...x), floats(...filter)]
    await expectAgreement(inputs, upsample)
    await expectAgreement(inputs, gradients(upsample), 2e-4)
  })

  test.each<[Shape4, Shape4, number | [number, number], Pad]>([
    [[2, 7, 6, 3], [3, 3, 3, 2], 1, 'same'],
    [[1, 8, 7, 2], [3, 2, 2, 1], 2, 'same'],
    [[1, 8, 7, 2], [2, 3, 2, 3], 1, 'valid'],
    [[1, 8, 7, 2], [3, 3, 2, 2], 2, 1],
    [[1, 8, 7, 2], [3, 3, 2, 2], 1, explicit],
    [[1, 4, 5, 2], [3, 3, 2, 2], 1, 4],
    [[1, 4, 5, 2], [3, 3, 2, 1], 1, explicit],
  ])('depthwise: x %j, filter %j, stride %j, pad %j', async (x, filter, stride, pad) => {
    const convolve: Compute = (image, taps) => {
      return tf.depthwiseConv2d(image, taps, stride, pad as 'same')
    }
    await expectAgreement([floats(...x), floats(...filter)], gradients(convolve))
  })

  test('separable', async () => {
    const convolve: Compute = (x, depthwise, pointwise) => {
      return tf.separableConv2d(x, depthwise, pointwise, 1, 'same')
    }
    await expectAgreement([floats(1, 6, 6, 3), floats(3, 3, 3, 2), floats(1, 1, 6, 4)], gradients(convolve))
  })
})
