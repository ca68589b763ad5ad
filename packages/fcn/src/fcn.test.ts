import '@tensorflow/tfjs-backend-cpu'
import { vgg, vgg16, vggSmall } from '@pixelwise/backbones'
import {
  type Backbone,
  CropLike,
  coreLayers,
  LayerRegistry,
  outputMaps,
  type Preprocessing,
  Rng,
} from '@pixelwise/core'
import * as tf from '@tensorflow/tfjs-core'
import type { LayersModel } from '@tensorflow/tfjs-layers'
import { expect, test } from 'vitest'
import { fcn, fcn8s, fcn16s, fcn32s } from './fcn.js'

const layers = new LayerRegistry(coreLayers)
const preprocessing: Preprocessing = { inputKind: 'rgb', channelOrder: 'bgr', mean: [104, 117, 123], scale: [1, 1, 1] }

// Offsets typed into the published prototxts voc-fcn32s, 16s and 8s, where they are solved here.
test.each([
  { name: 'FCN-32s', build: fcn32s, offsets: { score: 19 } },
  { name: 'FCN-16s', build: fcn16s, offsets: { score_pool4c: 5, score: 27 } },
  { name: 'FCN-8s', build: fcn8s, offsets: { score_pool4c: 5, score_pool3c: 9, score: 31 } },
])('$name on VGG-16 crops where the published net does', ({ build, offsets }) => {
  const model = build(slimVgg16(), { classes: 21 })
  const crops = model.layers.filter((layer) => layer instanceof CropLike)
  expect(Object.fromEntries(crops.map((crop) => [crop.name, crop.config.offset]))).toEqual(
    Object.fromEntries(Object.entries(offsets).map(([name, offset]) => [name, [offset, offset]])),
  )
  model.dispose()
})

test('the published layer names and sizes of FCN-8s come out', () => {
  const model = fcn8s(slimVgg16(), { classes: 21 })
  const names = model.layers.map((layer) => layer.name)
  const head = ['score_fr', 'upscore2', 'score_pool4', 'score_pool4c', 'fuse_pool4', 'upscore_pool4', 'score_pool3']
  expect(names).toEqual(expect.arrayContaining([...head, 'score_pool3c', 'fuse_pool3', 'upscore8', 'score']))
  model.dispose()
})

test.each([
  [1, 1],
  [33, 50],
  [64, 96],
])('an image of %i×%i gives scores of that size', async (height, width) => {
  await tf.setBackend('cpu')
  for (const backbone of [tinyBackbone(1), tinyBackbone(100)]) {
    const model = fcn8s(backbone, { classes: 3 })
    const scores = tf.tidy(() => model.predict(tf.ones([1, height, width, 3])) as tf.Tensor)
    expect(scores.shape).toEqual([1, height, width, 3])
    scores.dispose()
    model.dispose()
  }
})

test('the geometry of FCN-8s holds by brute force: perturb a pixel, see which scores move', async () => {
  await tf.setBackend('cpu')
  const backbone = tinyBackbone(1)
  const model = fcn8s(backbone, { classes: 1 })
  makePositive(model)
  const [map] = outputMaps(model, { layers })
  expect(map).toMatchObject({ rows: { stride: 1, offset: 0 }, columns: { stride: 1, offset: 0 } })
  const reach = (map!.rows.kernel - 1) / 2

  const [height, width] = [180, 4]
  const base = tf.ones([1, height, width, 3])
  const before = (model.predict(base) as tf.Tensor).dataSync()
  let furthest = 0
  for (const row of [0, 1, 37, 90, 91, 94, 97, 179]) {
    const spike = tf.buffer([1, height, width, 3], 'float32')
    spike.set(1e4, 0, row, 1, 0)
    const after = (model.predict(tf.add(base, spike.toTensor())) as tf.Tensor).dataSync()
    for (let r = 0; r < height; r++) {
      const moved = after[r * width + 1] !== before[r * width + 1]
      if (moved) furthest = Math.max(furthest, Math.abs(r - row))
    }
  }
  expect(furthest).toBeLessThanOrEqual(reach)
  // Tight: the widest path is reached to within the phase of the last upsampling.
  expect(furthest).toBeGreaterThan(reach - 32)
  model.dispose()
})

test('a stride that no tap has is refused with the strides there are', () => {
  expect(() => fcn(vggSmall(), { classes: 2, stride: 12 })).toThrowErrorMatchingInlineSnapshot(
    `[PixelwiseError: backbone vgg-small has no tap of stride 12: its taps have strides 2, 4, 8, 16, 32; choose one of these, or give the backbone a tap where the head should join]`,
  )
})

test('classes and upsampling that make no head are refused', () => {
  expect(() => fcn8s(vggSmall(), { classes: 0 })).toThrow(
    'fcn with classes 0: a head has a whole number of classes, at least 1; several heads are {name: classes}; count the classes of the labels, background included: 21 for PASCAL VOC',
  )
  expect(() => fcn8s(vggSmall(), { classes: {} })).toThrow('fcn with classes {}: a head has a whole number')
  expect(() => fcn(vggSmall(), { classes: 2, stride: 16, coarsest: 8 })).toThrow(
    'a head from stride 8 to stride 16: scores begin at the coarsest stride and become finer; pass a stride that is not above coarsest',
  )
  expect(() => fcn8s(vggSmall(), { classes: 2, upsampling: 'nearest' as 'fixed' })).toThrow(
    'fcn with upsampling "nearest": upsampling is "fixed", "learned" or "resize"; leave it out for bilinear interpolation as published',
  )
})

test('all weights of a new net come from its seed', () => {
  const checksum = (seed: number) => {
    const model = fcn8s(vggSmall({ seed }), { classes: 6 })
    const sum = model.getWeights().map((weight) => tf.tidy(() => tf.sum(tf.abs(weight)).dataSync()[0]))
    model.dispose()
    return sum
  }
  expect(checksum(1)).toEqual(checksum(1))
  expect(checksum(1)).not.toEqual(checksum(2))
})

test('VGG-16 has the published number of weights', { timeout: 60_000 }, () => {
  const { model } = vgg16({ pad: 100 })
  expect(model.countParams()).toBe(14_714_688 + 102_764_544 + 16_781_312)
  model.dispose()
})

/** VGG-16's geometry with few channels: offsets do not depend on them. */
function slimVgg16(): Backbone {
  return vgg({
    name: 'vgg16',
    pad: 100,
    stages: [2, 2, 3, 3, 3].map((depth) => ({ depth, channels: 2 })),
    classifier: { kernel: 7, channels: 2 },
    preprocessing,
  })
}

function tinyBackbone(pad: number): Backbone {
  return vgg({
    name: 'tiny',
    pad,
    stages: [1, 1, 1, 1, 1].map((depth) => ({ depth, channels: 1 })),
    classifier: { kernel: 3, channels: 1, pad: 1 },
    preprocessing,
    start: 'msra',
  })
}

/** Positive weights: then every pixel that a score depends on moves it upwards, and none is hidden by a ReLU. */
function makePositive(model: LayersModel): void {
  const rng = new Rng(11)
  for (const weight of model.weights) {
    const size = weight.shape.reduce<number>((product, length) => product * length!, 1)
    const values = Float32Array.from({ length: size }, () => rng.uniform(0.5, 1))
    weight.write(tf.tensor(values, weight.shape as number[]))
  }
}
