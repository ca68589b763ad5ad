import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, test } from 'vitest'
import { useBackend } from '../backends/index.js'
import { convolution, transposedConvolution } from './index.js'

/** A tensor whose rank the operation must refuse. */
const ofWrongRank = (...shape: number[]) => tf.ones<tf.Rank>(shape) as tf.Tensor4D

beforeAll(async () => {
  await useBackend('cpu')
})

const map = (...shape: [number, number, number, number]) => tf.ones<tf.Rank.R4>(shape)

describe('convolution', () => {
  test('sizes are rounded down, as in Caffe', () => {
    const sizes = [
      { input: 500, kernel: 3, pad: 100, stride: 1 }, // FCN conv1_1: 698
      { input: 227, kernel: 11, pad: 0, stride: 4 }, // CaffeNet conv1: 55
      { input: 224, kernel: 7, pad: 3, stride: 2 }, // ResNet conv1: 112
      { input: 12, kernel: 5, pad: 0, stride: 4 }, // 7 / 4 = 1.75
    ].map(({ input, kernel, pad, stride }) => {
      const output = convolution(map(1, input, kernel, 1), map(kernel, kernel, 1, 1), { pad: [pad, 0], stride })
      return output.shape[1]
    })
    expect(sizes).toEqual([698, 55, 112, 2])
  })

  test('asks for maps and filters of rank 4', () => {
    expect(() => convolution(ofWrongRank(5, 5, 1), map(3, 3, 1, 1))).toThrowErrorMatchingInlineSnapshot(
      `[PixelwiseError: convolution: x of shape [5, 5, 1]: expected rank 4, [N, H, W, C]; reshape it, or add the missing axis with tf.expandDims]`,
    )
    expect(() => convolution(map(1, 5, 5, 1), ofWrongRank(3, 3))).toThrowErrorMatchingInlineSnapshot(
      `[PixelwiseError: convolution: filter of shape [3, 3]: expected rank 4, [rows, columns, Cin / groups, Cout]; reshape it, or add the missing axis with tf.expandDims]`,
    )
  })

  test('asks for channels that the groups divide', () => {
    expect(() => convolution(map(1, 5, 5, 6), map(3, 3, 1, 8), { groups: 4 })).toThrowErrorMatchingInlineSnapshot(
      `[PixelwiseError: convolution: 6 input channels in 4 groups: the number of groups must divide the number of channels; choose groups among the divisors of 6]`,
    )
    expect(() => convolution(map(1, 5, 5, 6), map(3, 3, 2, 8), { groups: 3 })).toThrowErrorMatchingInlineSnapshot(
      `[PixelwiseError: convolution: 8 output channels in 3 groups: the number of groups must divide the number of channels; choose groups among the divisors of 8]`,
    )
    expect(() => convolution(map(1, 5, 5, 6), map(3, 3, 2, 8), { groups: 0 })).toThrowErrorMatchingInlineSnapshot(
      `[PixelwiseError: convolution: groups 0: expected a whole number of at least 1; change groups]`,
    )
  })

  test('asks for a filter of the input channels', () => {
    expect(() => convolution(map(1, 5, 5, 6), map(3, 3, 6, 8), { groups: 2 })).toThrowErrorMatchingInlineSnapshot(
      `[PixelwiseError: convolution: filter [3, 3, 6, 8] in 2 groups on x [1, 5, 5, 6]: the filter's third size must be the input channels per group, 3; order the filter as [rows, columns, Cin / groups, Cout]]`,
    )
    expect(() => convolution(map(1, 5, 5, 3), map(3, 3, 4, 8))).toThrowErrorMatchingInlineSnapshot(
      `[PixelwiseError: convolution: filter [3, 3, 4, 8] in 1 group on x [1, 5, 5, 3]: the filter's third size must be the input channels per group, 3; order the filter as [rows, columns, Cin / groups, Cout]]`,
    )
  })

  test('asks for whole options', () => {
    expect(() => convolution(map(1, 5, 5, 1), map(3, 3, 1, 1), { stride: 0 })).toThrowErrorMatchingInlineSnapshot(
      `[PixelwiseError: convolution: stride 0: expected a whole number of at least 1; change stride]`,
    )
    expect(() =>
      convolution(map(1, 5, 5, 1), map(3, 3, 1, 1), { dilation: [1, 1.5] }),
    ).toThrowErrorMatchingInlineSnapshot(
      `[PixelwiseError: convolution: dilation 1.5: expected a whole number of at least 1; change dilation]`,
    )
    expect(() =>
      convolution(map(1, 5, 5, 1), map(3, 3, 1, 1), { pad: { top: 1, bottom: -1, left: 0, right: 0 } }),
    ).toThrowErrorMatchingInlineSnapshot(
      `[PixelwiseError: convolution: pad -1: expected a whole number of at least 0; change pad]`,
    )
  })

  test('asks for room for one window', () => {
    expect(() =>
      convolution(map(1, 5, 9, 1), map(3, 3, 1, 1), { dilation: 4, pad: [1, 0] }),
    ).toThrowErrorMatchingInlineSnapshot(
      `[PixelwiseError: convolution: a window of 9×9 over a padded map of 7×9 leaves 0×1: the window must fit into the padded map at least once; pass a larger map or image, a higher pad (of the layer, or of the backbone that the net begins with) or a smaller window]`,
    )
  })
})

describe('transposed convolution', () => {
  test('the 64×64 filter of stride 32 of FCN-32s reaches 544 cells on 16', () => {
    const output = transposedConvolution(map(1, 16, 1, 1), map(64, 64, 1, 1), { stride: 32 })
    expect(output.shape).toEqual([1, 544, 64, 1])
  })

  test('asks for maps and filters that fit each other', () => {
    expect(() => transposedConvolution(ofWrongRank(5, 5), map(3, 3, 1, 1))).toThrowErrorMatchingInlineSnapshot(
      `[PixelwiseError: transposedConvolution: x of shape [5, 5]: expected rank 4, [N, H, W, C]; reshape it, or add the missing axis with tf.expandDims]`,
    )
    expect(() => transposedConvolution(map(1, 5, 5, 3), map(3, 3, 3, 2))).toThrowErrorMatchingInlineSnapshot(
      `[PixelwiseError: transposedConvolution: filter [3, 3, 3, 2] on x [1, 5, 5, 3]: the filter's fourth size must be the 3 input channels; order the filter as [rows, columns, Cout / groups, Cin]]`,
    )
    expect(() =>
      transposedConvolution(map(1, 5, 5, 3), map(3, 3, 1, 3), { groups: 2 }),
    ).toThrowErrorMatchingInlineSnapshot(
      `[PixelwiseError: transposedConvolution: 3 input channels in 2 groups: the number of groups must divide the number of channels; choose groups among the divisors of 3]`,
    )
  })

  test('leaves at least one cell', () => {
    expect(() =>
      transposedConvolution(map(1, 2, 2, 1), map(4, 4, 1, 1), { stride: 2, pad: [3, 1] }),
    ).toThrowErrorMatchingInlineSnapshot(
      `[PixelwiseError: transposedConvolution: pad 3+3 rows, 1+1 columns of an output of 6×6: padding is cut from the output and must leave at least one cell; pass less padding, a larger filter or a larger stride]`,
    )
  })
})
