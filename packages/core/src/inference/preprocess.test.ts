import type { Preprocessing } from '@pixelwise/core'
import type { Raster } from '@pixelwise/masks'
import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import { beforeAll, describe, expect, test } from 'vitest'
import { padBatch, unpadBatch } from './pad-batch.js'
import { preprocess } from './preprocess.js'

/** The means of Caffe's VOC models, blue first. */
const bgr: Preprocessing = { inputKind: 'rgb', channelOrder: 'bgr', mean: [104, 117, 123], scale: [1, 1, 1] }

beforeAll(() => tf.setBackend('cpu'))

const raster = (height: number, width: number, channels: number, values: ArrayLike<number>): Raster => ({
  height,
  width,
  channels,
  data: Uint8Array.from(values),
})

test('swaps the colours, then subtracts mean and multiplies by scale in the order of the net', async () => {
  const image = raster(1, 2, 3, [10, 20, 30, 255, 0, 1])
  const input = preprocess(image, { ...bgr, mean: [1, 2, 3], scale: [1, 10, 100] })
  expect(input.shape).toEqual([1, 1, 2, 3])
  expect([...(await input.data())]).toEqual([29, 180, 700, 0, -20, 25200])
})

test('leaves the depth channel of RGB-D where it is, and does not swap HHA', async () => {
  const rgbd = preprocess(raster(1, 1, 4, [1, 2, 3, 4]), {
    inputKind: 'rgbd',
    channelOrder: 'bgr',
    mean: [0, 0, 0, 0],
    scale: [1, 1, 1, 2],
  })
  expect([...(await rgbd.data())]).toEqual([3, 2, 1, 8])
  const hha = preprocess(raster(1, 1, 3, [1, 2, 3]), { ...bgr, inputKind: 'hha', mean: [0, 0, 0] })
  expect([...(await hha.data())]).toEqual([1, 2, 3])
})

test('takes 16-bit and float images', async () => {
  const depth: Preprocessing = { inputKind: 'depth', channelOrder: 'rgb', mean: [1000], scale: [0.001] }
  const millimetres = preprocess({ height: 1, width: 2, channels: 1, data: Uint16Array.of(3000, 65535) }, depth)
  expect([...(await millimetres.data())]).toEqual([2, Math.fround(64.535)])
  const floats = preprocess({ height: 1, width: 1, channels: 1, data: Float32Array.of(1500) }, depth)
  expect([...(await floats.data())]).toEqual([0.5])
})

describe('says what is wrong with an image', () => {
  test.each<[string, Raster]>([
    [
      'raster 0×4×3: an image has at least one row and one column, in whole numbers; check the file or the crop that it comes from',
      raster(0, 4, 3, []),
    ],
    ['raster 1×1×4: rgb input has 3 channels; drop the alpha channel', raster(1, 1, 4, [1, 2, 3, 4])],
    ['raster 1×1×1: rgb input has 3 channels; repeat the grey value three times', raster(1, 1, 1, [1])],
    ['raster 1×1×2: rgb input has 3 channels; choose the net for this kind of image', raster(1, 1, 2, [1, 2])],
    [
      'raster 2×2×3 has 11 values: height × width × channels is 12; check the order (height, width, channels) and that rows have no padding',
      raster(2, 2, 3, new Uint8Array(11)),
    ],
    [
      'raster value Infinity at row 1, column 0, channel 2: image values are finite numbers; fill what is missing (holes of a depth image) before prediction',
      { height: 2, width: 1, channels: 3, data: Float32Array.of(0, 1, 2, 3, 4, Number.POSITIVE_INFINITY) },
    ],
  ])('%s', (message, image) => {
    expect(() => preprocess(image, bgr)).toThrow(expect.objectContaining({ message }))
  })

  test('and with preprocessing', () => {
    expect(() => preprocess(raster(1, 1, 3, [1, 2, 3]), { ...bgr, mean: [104] })).toThrow(
      'preprocess: preprocessing.mean is [104]: rgb input has 3 channels, each with one finite number; give one number per channel, in channelOrder',
    )
  })
})

describe('a batch of several sizes', () => {
  const small = raster(1, 2, 3, [1, 2, 3, 4, 5, 6])
  const tall = raster(3, 1, 3, [11, 12, 13, 14, 15, 16, 17, 18, 19])
  const plain: Preprocessing = { ...bgr, channelOrder: 'rgb', mean: [1, 1, 1] }

  test('holds each image at its top left, zeros and a mask of zeros elsewhere', async () => {
    const { images, validMask, sizes } = padBatch([small, tall], plain)
    expect(images.shape).toEqual([2, 3, 2, 3])
    expect(await images.array()).toEqual([
      [
        [
          [0, 1, 2],
          [3, 4, 5],
        ],
        [
          [0, 0, 0],
          [0, 0, 0],
        ],
        [
          [0, 0, 0],
          [0, 0, 0],
        ],
      ],
      [
        [
          [10, 11, 12],
          [0, 0, 0],
        ],
        [
          [13, 14, 15],
          [0, 0, 0],
        ],
        [
          [16, 17, 18],
          [0, 0, 0],
        ],
      ],
    ])
    expect(await validMask.array()).toEqual([
      [
        [1, 1],
        [0, 0],
        [0, 0],
      ],
      [
        [1, 0],
        [1, 0],
        [1, 0],
      ],
    ])
    expect(sizes).toEqual([
      [1, 2],
      [3, 1],
    ])
  })

  test('comes apart into what went in, tensors of any rank', async () => {
    const before = tf.memory().numTensors
    const { images, validMask, sizes } = padBatch([small, tall], plain)
    const parts = unpadBatch(images, sizes)
    const alone = [preprocess(small, plain), preprocess(tall, plain)]
    for (const [i, part] of parts.entries()) expect(await part.array()).toEqual(await alone[i].array())
    const masks = unpadBatch(validMask, sizes)
    expect(masks.map(({ shape }) => shape)).toEqual([
      [1, 1, 2],
      [1, 3, 1],
    ])
    tf.dispose([images, validMask, parts, alone, masks])
    expect(tf.memory().numTensors).toBe(before)
  })

  test('says what is wrong', () => {
    expect(() => padBatch([], plain)).toThrow(
      'a batch of 0 images: a batch has at least one image; pass the images as a list',
    )
    expect(() =>
      unpadBatch(tf.zeros([2, 3, 1, 1]), [
        [1, 2],
        [3, 1],
      ]),
    ).toThrow(
      'a batch of shape [2, 3, 1, 1] for the sizes 1×2, 3×1: a batch [N, H, W, …] has one entry per size and is as large as the largest; pass the sizes that padBatch gave with this batch',
    )
  })
})
