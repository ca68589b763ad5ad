import {
  alexnet,
  type BackboneOptions,
  caffenet,
  densenet121,
  googlenet,
  lenet,
  resnet50,
  squeezenet10,
  squeezenet11,
  vgg16,
  vgg19,
} from '@pixelwise/backbones'
import { type Backbone, coreLayers, LayerRegistry, outputMaps, Rng, useBackend } from '@pixelwise/core'
import * as tf from '@tensorflow/tfjs-core'
import { type LayersModel, model } from '@tensorflow/tfjs-layers'
import { beforeAll, describe, expect, test } from 'vitest'
import { fcn, fcn8s, fcn8sAtOnce } from './fcn.js'

beforeAll(async () => {
  await useBackend('wasm', { threads: 1 })
})

interface Case {
  readonly name: string
  readonly build: (options: BackboneOptions) => Backbone
  readonly strides: readonly number[]
  readonly pad?: number
  readonly outputStride?: number
}

const oddSizes = [
  [33, 45],
  [41, 35],
  [57, 37],
]

const cases: Case[] = [
  { name: 'LeNet', build: lenet, strides: [4, 2], pad: 20 },
  { name: 'CaffeNet', build: caffenet, strides: [32, 16, 8], pad: 100 },
  { name: 'AlexNet', build: alexnet, strides: [32, 16, 8], pad: 100 },
  { name: 'VGG-16', build: vgg16, strides: [32, 16, 8, 4], pad: 100 },
  { name: 'VGG-19', build: vgg19, strides: [32, 16, 8], pad: 100 },
  { name: 'VGG-16 dilated', build: vgg16, strides: [16, 8], pad: 100, outputStride: 16 },
  { name: 'GoogLeNet', build: googlenet, strides: [32, 16, 8, 4] },
  { name: 'GoogLeNet padded', build: googlenet, strides: [32, 16, 8], pad: 100 },
  { name: 'ResNet-50', build: resnet50, strides: [32, 16, 8, 4] },
  { name: 'ResNet-50 dilated', build: resnet50, strides: [16, 8], outputStride: 16 },
  {
    name: 'ResNet-50 of torchvision',
    build: (options) => resnet50({ ...options, variant: 'torchvision' }),
    strides: [32, 16, 8],
  },
  { name: 'SqueezeNet 1.0', build: squeezenet10, strides: [16, 8, 4], pad: 100 },
  { name: 'SqueezeNet 1.1', build: squeezenet11, strides: [16, 8, 4], pad: 100 },
  { name: 'DenseNet-121', build: densenet121, strides: [32, 16, 8] },
  { name: 'DenseNet-121 dilated', build: densenet121, strides: [8], outputStride: 8, pad: 100 },
]

describe.each(cases)('$name', ({ build, strides, ...options }) => {
  test.each(strides)('scores every pixel at three odd sizes, with skips down to stride %i', (stride) => {
    const backbone = build({ width: 1 / 64, ...options })
    const model = fcn(backbone, { classes: 3, stride })
    const channels = backbone.model.inputs[0].shape[3]!
    for (const [height, width] of oddSizes) {
      const scores = tf.tidy(() => model.predict(tf.ones([1, height, width, channels])) as tf.Tensor)
      expect(scores.shape).toEqual([1, height, width, 3])
      scores.dispose()
    }
    model.dispose()
  })

  // A spike in one pixel moves exactly the scores that look at it: those within the filter of a cell whose receptive
  // field holds the pixel. The prediction reads the taps' maps alone and knows nothing of crops.
  test('its scores lie where they look', () => {
    const backbone = build({ width: 1 / 64, ...options })
    const model = fcn(backbone, { classes: 1, stride: strides[strides.length - 1] })
    makePositive(model)
    const [height, width] = [75, 37]
    const channels = backbone.model.inputs[0].shape[3]!
    const rows = [0, 22, 74]
    const images = tf.buffer([rows.length + 1, height, width, channels])
    // So small that ReLU and normalisation act as the identity, and so far apart that the thinnest path shows.
    images.values.fill(1e-30)
    for (const [i, row] of rows.entries()) images.set(1, i + 1, row, 18, 0)
    const empty = tf.zeros([1, height, width, channels]) as tf.Tensor4D
    const scores = tf.tidy(() => (model.predict(images.toTensor()) as tf.Tensor4D).arraySync())
    for (const [i, row] of rows.entries()) {
      const moved = scores[i + 1].map((line, y) => line[18][0] !== scores[0][y][18][0])
      expect(moved).toEqual(predictMoves(backbone, strides, row, empty))
    }
    model.dispose()
  })
})

test('the head reads of a backbone what Backbone says, whatever its layers are', () => {
  const backbone = vgg16({ width: 1 / 64, pad: 105, outputStride: 8 })
  const model = fcn8s(backbone, { classes: 2 })
  const [map] = outputMaps(model, { layers: new LayerRegistry(coreLayers) })
  expect(map).toMatchObject({ rows: { stride: 1, offset: 0 } })
  model.dispose()
})

describe('a backbone without its padding is told to set pad, and by how much', () => {
  const small = (pad?: number) => vgg16({ width: 1 / 64, ...(pad !== undefined && { pad }) })
  const ownPad = 1

  test.each([
    [{ stride: 32 }, 'upscore would have to be cropped at -80 cells', 80],
    [{ stride: 16 }, 'upscore16 would have to be cropped at -72 cells', 72],
    [{ stride: 8 }, 'upscore8 would have to be cropped at -68 cells', 68],
  ] as const)('%j', (head, what, more) => {
    expect(() => fcn(small(), { classes: 2, ...head })).toThrow(what)
    expect(() => fcn(small(), { classes: 2, ...head })).toThrow(
      `; set pad of the backbone (net.pad in a configuration) ${more} pixels higher`,
    )
    const mended = fcn(small(ownPad + more), { classes: 2, ...head })
    mended.dispose()
  })

  test('resized scores, which no padding puts right together with their skips', () => {
    expect(() => fcn(small(), { classes: 2, stride: 8, upsampling: 'resize' })).toThrow(
      'score_fr on vgg16: its first cell is centred at pixel 111.5: resized scores are taken to begin with the image, so that of stride 32 should lie within 32 pixels of 15.5; upsample by "fixed" or "learned" and set pad of the backbone (net.pad in a configuration); the published FCNs have pad 100',
    )
  })

  test('an image that the scores end short of', () => {
    const model = fcn(squeezenet11({ width: 1 / 64 }), { classes: 2, stride: 16 })
    expect(() => model.predict(tf.zeros([1, 64, 64, 3]))).toThrow(
      'crop: 64×64 at offset 0,0 sticks out of 63×63: offset and size together must stay inside the map; set pad of the backbone higher (net.pad in a configuration; the published FCNs have pad 100)',
    )
    model.dispose()
  })
})

test('SqueezeNet ends at 16 and says so', () => {
  expect(() => fcn(squeezenet10({ width: 1 / 64, pad: 100 }), { classes: 2, stride: 32 })).toThrow(
    'backbone squeezenet1.0 has no tap of stride 32: its taps have strides 2, 4, 8, 16; choose one of these, or give the backbone a tap where the head should join',
  )
})

describe('fusion', () => {
  const tiny = () => vgg16({ width: 1 / 64, pad: 100, seed: 3 })
  const image = () => tf.tensor4d(Float32Array.from({ length: 41 * 33 * 3 }, noise(1)), [1, 41, 33, 3])

  test('a concatenation starts as the sum, and learns', () => {
    const sum = fcn8s(tiny(), { classes: 3 })
    const joined = fcn8s(tiny(), { classes: 3, fusion: { kind: 'concatenation' } })
    for (const model of [sum, joined]) scatterScorers(model)
    expect(largestDifference(scoresOf(sum, image()), scoresOf(joined, image()))).toBeLessThan(1e-6)
    expect(joined.getLayer('fuse_pool4').trainableWeights).toHaveLength(1)
    expect(joined.countParams()).toBe(sum.countParams() + 2 * 6 * 3)
  })

  test('coefficients multiply the two', () => {
    const weighted = (upsampled: number, skip: number) =>
      scoresOf(scattered({ kind: 'sum', coefficients: [upsampled, skip] }), image())
    const [upsampled, skip] = [weighted(1, 0), weighted(0, 1)]
    const expected: tf.Tensor4D = tf.add(tf.mul(upsampled, 0.25), tf.mul(skip, 3))
    expect(largestDifference(weighted(0.25, 3), expected)).toBeLessThan(1e-5)
    expect(largestDifference(upsampled, skip)).toBeGreaterThan(1e-3)
  })

  test('the larger wins in a max', () => {
    const [upsampled, skip, larger] = (
      [{ kind: 'sum', coefficients: [1, 0] }, { kind: 'sum', coefficients: [0, 1] }, { kind: 'max' }] as const
    ).map((fusion) => {
      return fused(scattered(fusion), image())
    })
    expect(largestDifference(tf.maximum(upsampled, skip), larger)).toBeLessThan(1e-6)
    expect(largestDifference(upsampled, larger)).toBeGreaterThan(1e-3)
  })

  function scattered(fusion: NonNullable<Parameters<typeof fcn>[1]['fusion']>): LayersModel {
    const model = fcn(tiny(), { classes: 3, stride: 16, fusion })
    scatterScorers(model)
    return model
  }
})

test('FCN-8s at once scales its skips by 0.01 and 0.0001, and never learns that', () => {
  const backbone = vgg16({ width: 1 / 64, pad: 100, seed: 3 })
  const model = fcn8sAtOnce(backbone, { classes: 2 })
  for (const [name, value] of [
    ['scale_pool4', 0.01],
    ['scale_pool3', 0.0001],
  ] as const) {
    const layer = model.getLayer(name)
    expect(layer.trainableWeights).toHaveLength(0)
    // Published as one multiplier per channel.
    const [scale] = layer.getWeights()
    expect(scale.shape).toEqual([model.getLayer(name.replace('scale_', '')).outputShape[3]])
    for (const multiplier of scale.dataSync()) expect(multiplier).toBeCloseTo(value, 9)
    expect(model.getLayer(name.replace('scale', 'score')).inboundNodes[0].inboundLayers[0].name).toBe(name)
  }
  expect(model.name).toBe('fcn8s-atonce-vgg16')
  expect(fcn8s(backbone, { classes: 2 }).layers.some(({ name }) => name.startsWith('scale_'))).toBe(false)
})

/** Which rows of scores a spike in `row` can reach: up the receptive fields, then down the interpolations. */
function predictMoves(
  { model, taps }: Backbone,
  strides: readonly number[],
  row: number,
  image: tf.Tensor4D,
): boolean[] {
  const maps = tf.tidy(() => (model.predict(image) as tf.Tensor4D[]).map(({ shape }) => shape[1]))
  let moved: number[] = []
  let coarser = 0
  for (const stride of strides) {
    const index = taps.map(({ map }) => map.rows.stride).lastIndexOf(stride)
    const { offset, kernel } = taps[index].map.rows
    const above = moved
    moved = Array.from({ length: maps[index] }, (_, cell) => offset + stride * cell).filter(
      (centre) =>
        Math.abs(centre - row) <= (kernel - 1) / 2 || above.some((coarse) => Math.abs(coarse - centre) < coarser),
    )
    coarser = stride
  }
  return Array.from({ length: image.shape[1] }, (_, y) => moved.some((centre) => Math.abs(centre - y) < coarser))
}

/** Weights around 1 / fan-in: values keep their size, and every pixel that a score depends on moves it upwards. */
function makePositive(model: LayersModel): void {
  const rng = new Rng(11)
  for (const weight of model.weights) {
    if (!weight.originalName.endsWith('/kernel')) continue
    const shape = weight.shape as number[]
    const fanIn = shape[0] * shape[1] * shape[2]
    const values = Float32Array.from({ length: fanIn * shape[3] }, () => rng.uniform(0.9, 1.1) / fanIn)
    weight.write(tf.tensor(values, shape))
  }
}

/** Scorers start at zero, which would hide everything: draw them by name, alike in every net. */
function scatterScorers(model: LayersModel): void {
  for (const layer of model.layers.filter(({ name }) => name.startsWith('score_') && !name.endsWith('c'))) {
    const draw = noise(layer.name)
    layer.setWeights(
      layer.getWeights().map(({ shape, size }) => tf.tensor(Float32Array.from({ length: size }, draw), shape)),
    )
  }
}

function noise(seed: string | number): () => number {
  const rng = new Rng(seed)
  return () => rng.normal(0, 1)
}

function scoresOf(model: LayersModel, image: tf.Tensor4D): tf.Tensor4D {
  return model.predict(image) as tf.Tensor4D
}

/** The scores where the skip of stride 16 has joined, before the last upsampling. */
function fused(net: LayersModel, image: tf.Tensor4D): tf.Tensor4D {
  const part = model({ inputs: net.inputs, outputs: net.getLayer('fuse_pool4').output })
  return part.predict(image) as tf.Tensor4D
}

function largestDifference(a: tf.Tensor4D, b: tf.Tensor4D): number {
  return tf.tidy(() => tf.max(tf.abs(tf.sub(a, b))).dataSync()[0])
}
