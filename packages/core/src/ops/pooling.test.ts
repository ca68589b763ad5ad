import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, test } from 'vitest'
import { useBackend } from '../backends/index.js'
import { averagePool, maxPool, maxPoolWithSwitches, maxUnpool } from './index.js'

/** A tensor whose rank the operation must refuse. */
const ofWrongRank = (...shape: number[]) => tf.ones<tf.Rank>(shape) as tf.Tensor4D

beforeAll(async () => {
  await useBackend('cpu')
})

const map = (...shape: [number, number, number, number]) => tf.ones<tf.Rank.R4>(shape)

test('sizes are rounded up, as in Caffe, and down when asked', () => {
  const size = (input: number, options: Parameters<typeof maxPool>[1]) =>
    maxPool(map(1, input, input, 1), options).shape[1]
  expect(size(349, { window: 2 })).toBe(175)
  expect(size(55, { window: 3, stride: 2 })).toBe(27)
  expect(size(112, { window: 3, stride: 2 })).toBe(56)
  expect(size(112, { window: 3, stride: 2, pad: 1, rounding: 'floor' })).toBe(56)
  expect(size(5, { window: 2, stride: 2, pad: 1 })).toBe(3) // a fourth window would lie in the padding alone
  expect(size(4, { window: 1, stride: 2 })).toBe(2) // a third window would lie outside
})

test('cells outside the map never win, however negative the map', () => {
  const output = maxPool(tf.fill<tf.Rank.R4>([1, 3, 3, 1], -1e30), { window: 3, stride: 2, pad: 1 })
  expect(new Set(output.dataSync())).toEqual(new Set([Math.fround(-1e30)]))
})

test('the average counts padding but no overhang', () => {
  const output = averagePool(map(1, 4, 4, 1), { window: 3, stride: 2, pad: [1, 0] })
  // Rows −1..1, 1..3 and 3..4 (row 4 is padding), columns 0..2 and 2..3.
  expect([...output.dataSync()].map((value) => Number(value.toFixed(6)))).toEqual([0.666667, 0.666667, 1, 1, 0.5, 0.5])
})

describe('wrong use', () => {
  test('asks for maps of rank 4', () => {
    expect(() => maxPool(ofWrongRank(4, 4), { window: 2 })).toThrowErrorMatchingInlineSnapshot(
      `[PixelwiseError: maxPool: x of shape [4, 4]: expected rank 4, [N, H, W, C]; reshape it, or add the missing axis with tf.expandDims]`,
    )
    expect(() => averagePool(ofWrongRank(4, 4), { window: 2 })).toThrowErrorMatchingInlineSnapshot(
      `[PixelwiseError: averagePool: x of shape [4, 4]: expected rank 4, [N, H, W, C]; reshape it, or add the missing axis with tf.expandDims]`,
    )
    expect(() => maxPoolWithSwitches(ofWrongRank(4, 4), { window: 2 })).toThrowErrorMatchingInlineSnapshot(
      `[PixelwiseError: maxPoolWithSwitches: x of shape [4, 4]: expected rank 4, [N, H, W, C]; reshape it, or add the missing axis with tf.expandDims]`,
    )
  })

  test('asks for padding smaller than the window', () => {
    expect(() => maxPool(map(1, 4, 4, 1), { window: [2, 3], pad: [2, 1] })).toThrowErrorMatchingInlineSnapshot(
      `[PixelwiseError: maxPool: pad 2,2 rows and 1,1 columns with a window of 2×3: padding must be smaller than the window, so that every window sees the map; pass less padding, or pad the map beforehand]`,
    )
  })

  test('asks for room for one window', () => {
    expect(() =>
      averagePool(map(1, 2, 4, 1), { window: 4, stride: 1, rounding: 'floor' }),
    ).toThrowErrorMatchingInlineSnapshot(
      `[PixelwiseError: averagePool: a window of 4×4 over a padded map of 2×4 leaves 0×1: the window must fit into the padded map at least once; pass a larger map or image, a higher pad (of the layer, or of the backbone that the net begins with) or a smaller window]`,
    )
  })

  test('asks for one switch per value', () => {
    const { switches } = maxPoolWithSwitches(map(1, 4, 4, 1), { window: 2 })
    expect(() => maxUnpool(map(1, 4, 4, 1), switches, [4, 4])).toThrowErrorMatchingInlineSnapshot(
      `[PixelwiseError: maxUnpool: switches [1, 2, 2, 1] for values [1, 4, 4, 1]: every value needs its switch, so both must have the same shape; pass the switches of the pooling that this unpooling mirrors]`,
    )
  })
})

test.each(['cpu', 'wasm'] as const)(
  'on %s a switch outside the map shows as NaN instead of writing elsewhere',
  async (name) => {
    await useBackend(name)
    const switches = tf.tensor4d([0, 99], [1, 1, 2, 1], 'int32')
    const output = maxUnpool(tf.tensor4d([5, 6], [1, 1, 2, 1]), switches, [2, 2])
    expect([...(await output.data())]).toEqual([Number.NaN, 0, 0, 0])
  },
)
