import '@tensorflow/tfjs-backend-cpu'
import { type BackboneOptions, caffenet, lenet, vgg } from '@pixelwise/backbones'
import { type Backbone, Rng } from '@pixelwise/core'
import * as tf from '@tensorflow/tfjs-core'
import { input, type LayersModel, layers, model, type SymbolicTensor } from '@tensorflow/tfjs-layers'
import { beforeAll, describe, expect, test } from 'vitest'
import { shiftAndStitch } from './shift-and-stitch.js'

beforeAll(async () => {
  await tf.setBackend('cpu')
})

const drawn = { seed: 3, start: 'msra' } as const

describe('shift-and-stitch is dilation', () => {
  // LeNet pads nothing; its poolings round up, so that windows at the border stick out.
  test.each([
    [1, [41, 46]],
    [2, [40, 43]],
  ] as const)('LeNet, from stride 4 to %i, everywhere', (outputStride, [height, width]) => {
    const options = { ...drawn, width: 1 / 10 }
    const [coarse, dense] = [lenet(options), lenet({ ...options, outputStride })]
    const image = noise([2, height, width, 1])
    const stitched = shiftAndStitch(coarse.model, image, { stride: 4, outputStride })
    const dilated = lastMap(dense.model, image)
    expect(stitched.shape).toEqual(dilated.shape)
    expectEqual(stitched, dilated)
  })

  // These pad each layer, and padding moves with the image: away from the border they agree.
  test.each([
    ['a small VGG', 8, 1, 60, smallVgg],
    ['CaffeNet', 32, 16, 400, caffenet],
  ] as const)('%s, from stride %i to %i, wherever the receptive field lies within the image', (...one) => {
    const [, stride, outputStride, size, build] = one
    const options = { ...drawn, width: 1 / 64 }
    const [coarse, dense] = [build(options), build({ ...options, outputStride })]
    const image = noise([1, size, size + outputStride, 3])
    const stitched = shiftAndStitch(coarse.model, image, { stride, outputStride })
    const dilated = lastMap(dense.model, image)
    const { offset, kernel } = dense.taps.at(-1)!.map.rows
    const reach = (kernel - 1) / 2
    const first = Math.ceil((reach - offset) / outputStride) + stride / outputStride
    const last = (length: number) => Math.floor((length - 1 - reach - offset) / outputStride)
    const inside = (map: tf.Tensor4D) =>
      tf.slice(map, [0, first, first, 0], [1, last(size) - first + 1, last(size + outputStride) - first + 1, -1])
    expect(last(size)).toBeGreaterThanOrEqual(first)
    expectEqual(inside(stitched), inside(dilated))
  })
})

test('it leaves nothing behind but the result', () => {
  const { model: net } = lenet({ ...drawn, width: 1 / 10 })
  const image = noise([1, 40, 40, 1])
  const before = tf.memory().numTensors
  shiftAndStitch(net, image, { stride: 4 }).dispose()
  expect(tf.memory().numTensors).toBe(before)
})

test('what cannot be stitched is refused', () => {
  const image = input({ shape: [null, null, 1] })
  const net = model({
    inputs: image,
    outputs: layers.activation({ activation: 'relu' }).apply(image) as SymbolicTensor,
  })
  expect(() => shiftAndStitch(net, noise([1, 8, 8, 1]), { stride: 4, outputStride: 3 })).toThrow(
    'shift and stitch from stride 4 to 3: both are whole numbers, and the second divides the first; pass the stride of the net’s output, and 1 for a score per pixel',
  )
  expect(() => shiftAndStitch(net, noise([1, 8, 4, 1]), { stride: 4 })).toThrow(
    'an image of 8×4 pixels to be shifted by up to 3: something of the image must be left after each shift; pad the image, or shift by less: pass a larger outputStride',
  )
})

function smallVgg(options: BackboneOptions): Backbone {
  return vgg({
    name: 'small',
    stages: [1, 1, 1].map((depth) => ({ depth, channels: 256 })),
    classifier: { kernel: 3, channels: 256 },
    preprocessing: { inputKind: 'rgb', channelOrder: 'rgb', mean: [0, 0, 0], scale: [1, 1, 1] },
    ...options,
  })
}

function lastMap(net: LayersModel, image: tf.Tensor4D): tf.Tensor4D {
  return tf.tidy(() => ([net.predict(image)].flat() as tf.Tensor4D[]).at(-1)!)
}

function expectEqual(found: tf.Tensor4D, expected: tf.Tensor4D): void {
  const [difference, largest] = [tf.sub(found, expected), expected].map((map) => tf.max(tf.abs(map)).dataSync()[0])
  expect(largest).toBeGreaterThan(0.05)
  expect(difference / largest).toBeLessThan(1e-5)
}

function noise(shape: [number, number, number, number]): tf.Tensor4D {
  const rng = new Rng(4)
  const size = shape.reduce((product, length) => product * length, 1)
  return tf.tensor4d(
    Float32Array.from({ length: size }, () => rng.normal(0, 1)),
    shape,
  )
}
