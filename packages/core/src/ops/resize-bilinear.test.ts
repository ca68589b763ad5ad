import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, expect, test } from 'vitest'
import { useBackend } from '../backends/index.js'
import { type ResizeConvention, resizeBilinear } from './index.js'

/** A tensor whose rank the operation must refuse. */
const ofWrongRank = (...shape: number[]) => tf.ones<tf.Rank>(shape) as tf.Tensor4D

beforeAll(async () => {
  await useBackend('cpu')
})

test.each([
  ['half-pixel', [0, 0.25, 0.75, 1.25, 1.75, 2]],
  ['asymmetric', [0, 0.5, 1, 1.5, 2, 2]],
  ['align-corners', [0, 0.4, 0.8, 1.2, 1.6, 2]],
] as const)('%s samples a ramp where it says', (convention, expected) => {
  const ramp = tf.tensor4d([0, 1, 2], [1, 1, 3, 1])
  const output = resizeBilinear(ramp, [1, 6], { convention }).dataSync()
  expect([...output].map((value) => Number(value.toFixed(6)))).toEqual(expected)
})

test('asks for a known convention, a whole size and maps of rank 4', () => {
  const x = tf.ones<tf.Rank.R4>([1, 2, 2, 1])
  expect(() =>
    resizeBilinear(x, [4, 4], { convention: 'half' as ResizeConvention }),
  ).toThrowErrorMatchingInlineSnapshot(
    `[PixelwiseError: resizeBilinear: convention "half": expected "half-pixel", "asymmetric", "align-corners"; take the one that the net was trained with (PyTorch: half-pixel)]`,
  )
  expect(() => resizeBilinear(x, [4, 0], { convention: 'half-pixel' })).toThrowErrorMatchingInlineSnapshot(
    `[PixelwiseError: resizeBilinear: size 0: expected a whole number of at least 1; change size]`,
  )
  expect(() =>
    resizeBilinear(ofWrongRank(2, 2), [4, 4], { convention: 'half-pixel' }),
  ).toThrowErrorMatchingInlineSnapshot(
    `[PixelwiseError: resizeBilinear: x of shape [2, 2]: expected rank 4, [N, H, W, C]; reshape it, or add the missing axis with tf.expandDims]`,
  )
})
