import '@tensorflow/tfjs-layers' // registers the gradients of tfjs
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, test } from 'vitest'
import { useBackend } from '../backends/index.js'
import { type LossNormalization, sigmoidCrossEntropy, softmaxCrossEntropy } from './index.js'

/** A tensor whose rank the operation must refuse. */
const ofWrongRank = (...shape: number[]) => tf.ones<tf.Rank>(shape) as tf.Tensor4D

describe.each(['cpu', 'wasm'] as const)('on %s', (backend) => {
  beforeAll(async () => {
    await useBackend(backend)
  })

  const logits = () => tf.tensor4d([2, 1, 0, 0, 0, 0], [1, 1, 2, 3])
  const value = (loss: tf.Tensor) => loss.dataSync()[0]

  test('the worked example: .4076 and log 3, summed and averaged', () => {
    const labels = tf.tensor3d([0, 0], [1, 1, 2], 'int32')
    expect(value(softmaxCrossEntropy(logits(), labels, { normalization: 'batch' }))).toBeCloseTo(1.5062182531, 6)
    expect(value(softmaxCrossEntropy(logits(), labels))).toBeCloseTo(1.5062182531 / 2, 6)
    const first = tf.tensor3d([0, 255], [1, 1, 2], 'int32')
    expect(value(softmaxCrossEntropy(logits(), first))).toBeCloseTo(0.4076059645, 6)
  })

  // PyTorch 1.13: F.cross_entropy(x, y, ignore_index=255, weight=[0.25, 1, 3]) on the same six pixels.
  test('weights of pixels are those of PyTorch’s classes', () => {
    const x = tf.tensor4d([2, 1, 0, 0, 0, 0, 1, -1, 0.5, 0.5, 0.25, -0.5, -1, 2, 1, 3, 0, -2], [1, 2, 3, 3])
    const y = tf.tensor3d([0, 1, 255, 2, 1, 0], [1, 2, 3], 'int32')
    const pixelWeights = tf.tensor3d([0.25, 1, 7, 3, 1, 0.25], [1, 2, 3])
    expect(value(softmaxCrossEntropy(x, y, { pixelWeights }))).toBeCloseTo(1.246370792388916, 6)
    expect(value(softmaxCrossEntropy(x, y, { pixelWeights, normalization: 'none' }))).toBeCloseTo(6.855039596557617, 5)
    const gradient = tf.grad((z) => softmaxCrossEntropy(z as tf.Tensor4D, y, { pixelWeights }))(x)
    const expected = [-0.0152163208, 0.0111240223, 0.0040922994, 0.0606060587, -0.1212121248, 0.0606060587, 0, 0, 0]
    expect([...gradient.dataSync()].slice(0, 9)).toEqual(expected.map((g) => expect.closeTo(g, 7)))
  })

  test('a pixel loses at most −log(FLT_MIN), yet its gradient stays p − onehot', () => {
    const sure = tf.tensor4d([200, 0], [1, 1, 1, 2])
    const labels = tf.tensor3d([1], [1, 1, 1], 'int32')
    expect(value(softmaxCrossEntropy(sure, labels))).toBeCloseTo(87.3365447, 4)
    const gradient = tf.grad((x) => softmaxCrossEntropy(x as tf.Tensor4D, labels))(sure)
    expect([...gradient.dataSync()]).toEqual([1, -1])
  })

  test('a label outside the classes makes the loss NaN and harms nothing else', () => {
    expect(value(softmaxCrossEntropy(logits(), tf.tensor3d([0, 38], [1, 1, 2], 'int32')))).toBeNaN()
    expect(value(softmaxCrossEntropy(logits(), tf.tensor3d([-1, 0], [1, 1, 2], 'int32')))).toBeNaN()
    expect(value(softmaxCrossEntropy(logits(), tf.tensor3d([0, 255], [1, 1, 2], 'int32')))).toBeCloseTo(0.4076059645, 6)
  })

  test('the mean over a quarter of a million pixels keeps its digits', () => {
    const labels = tf.zeros<tf.Rank.R3>([1, 500, 500], 'int32')
    const many = tf.tile(tf.tensor4d([2, 1, 0], [1, 1, 1, 3]), [1, 500, 500, 1])
    // Sums of 500 float32 numbers lose up to 500 · 6e-8 of their size, twice.
    expect(Math.abs(value(softmaxCrossEntropy(many, labels)) / 0.4076059645 - 1)).toBeLessThan(2 * 500 * 6e-8)
  })
})

describe('wrong use', () => {
  const logits = () => tf.zeros<tf.Rank.R4>([1, 4, 5, 3])

  test('asks for logits and labels of one size', () => {
    expect(() =>
      softmaxCrossEntropy(ofWrongRank(4, 5, 3), tf.zeros([4, 5, 3], 'int32')),
    ).toThrowErrorMatchingInlineSnapshot(
      `[PixelwiseError: softmaxCrossEntropy: logits of shape [4, 5, 3]: expected rank 4, [N, H, W, C]; reshape it, or add the missing axis with tf.expandDims]`,
    )
    expect(() => softmaxCrossEntropy(logits(), tf.zeros([1, 5, 4], 'int32'))).toThrowErrorMatchingInlineSnapshot(
      `[PixelwiseError: softmaxCrossEntropy: labels [1, 5, 4]: expected [1, 4, 5], to go with the logits; crop or resize the logits to the size of the labels]`,
    )
    expect(() =>
      softmaxCrossEntropy(logits(), tf.zeros([1, 4, 5], 'int32'), { validMask: tf.ones([1, 4, 4]) }),
    ).toThrowErrorMatchingInlineSnapshot(
      `[PixelwiseError: softmaxCrossEntropy: validMask [1, 4, 4]: expected [1, 4, 5], to go with the logits; crop or resize the logits to the size of the labels]`,
    )
    expect(() => sigmoidCrossEntropy(tf.zeros([2, 3]), tf.zeros([3, 2]))).toThrowErrorMatchingInlineSnapshot(
      `[PixelwiseError: sigmoidCrossEntropy: targets [3, 2]: expected [2, 3], to go with the logits; crop or resize the logits to the size of the labels]`,
    )
  })

  test('asks for a known normalisation', () => {
    expect(() =>
      softmaxCrossEntropy(logits(), tf.zeros([1, 4, 5], 'int32'), { normalization: 'mean' as LossNormalization }),
    ).toThrowErrorMatchingInlineSnapshot(
      `[PixelwiseError: softmaxCrossEntropy: normalization "mean": expected "valid", "full", "batch", "none"; use "valid" for the mean over labelled pixels, "none" for the sum]`,
    )
    expect(() =>
      sigmoidCrossEntropy(tf.zeros([2]), tf.zeros([2]), { normalization: 'sum' as LossNormalization }),
    ).toThrowErrorMatchingInlineSnapshot(
      `[PixelwiseError: sigmoidCrossEntropy: normalization "sum": expected "valid", "full", "batch", "none"; use "valid" for the mean over labelled pixels, "none" for the sum]`,
    )
  })
})
