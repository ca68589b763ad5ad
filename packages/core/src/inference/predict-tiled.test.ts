import {
  AveragePooling,
  alignmentOffset,
  BilinearUpsampling,
  Convolution,
  CropLike,
  coreLayers,
  type LayerPlugin,
  LayerRegistry,
  LocalResponseNormalization,
  MaxPooling,
  MaxPoolingWithSwitches,
  MaxUnpooling,
  PixelwiseLayer,
  type Preprocessing,
  ResizeLike,
  Rng,
  type Shape,
  TransposedConvolution,
  translation,
  useBackend,
} from '@pixelwise/core'
import type { Raster } from '@pixelwise/masks'
import * as tf from '@tensorflow/tfjs-core'
import * as tfl from '@tensorflow/tfjs-layers'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { EagerEngine } from '../eager-engine.js'
import { predictLabels, predictScores } from './predict.js'
import { predictTiledLabels, predictTiledScores } from './predict-tiled.js'

type Map = tfl.SymbolicTensor

const layers = new LayerRegistry(coreLayers)
const preprocessing: Preprocessing = {
  inputKind: 'rgb',
  channelOrder: 'bgr',
  mean: [100, 120, 130],
  scale: [0.02, 0.02, 0.02],
}
const rng = new Rng('tiling')

beforeAll(() => useBackend('cpu'))

function photo(height: number, width: number): Raster {
  return { height, width, channels: 3, data: Uint8Array.from({ length: height * width * 3 }, () => rng.integer(256)) }
}

/** A net from its layers; all weights uniform in [−0.5, 0.5), variances in [0.5, 1). */
function net(build: (image: Map) => Map): tfl.LayersModel {
  const image = tfl.input({ shape: [null, null, 3] })
  const model = tfl.model({ name: 'tested', inputs: image, outputs: build(image) })
  tf.tidy(() => {
    for (const weight of model.weights) {
      const size = tf.util.sizeFromShape(weight.shape as number[])
      const [low, high] = weight.originalName.endsWith('variance') ? [0.5, 1] : [-0.5, 0.5]
      const values = Float32Array.from({ length: size }, () => rng.uniform(low, high))
      weight.write(tf.tensor(values, weight.shape as number[]))
    }
  })
  return model
}

const through = (x: Map, ...steps: tfl.layers.Layer[]) => steps.reduce((y, layer) => layer.apply(y) as Map, x)
const cropTo = (scores: Map, reference: Map, image: Map) => {
  const offset = alignmentOffset({ inputs: [image] }, scores, reference, { layers })
  return new CropLike({ offset }).apply([scores, reference]) as Map
}
const relu = () => tfl.layers.reLU()

const nets: Record<string, () => tfl.LayersModel> = {
  'convolutions with dilation and normalisation across channels': () =>
    net((image) =>
      through(
        image,
        new Convolution({ filters: 4, kernel: [5, 3], pad: [2, 1] }),
        relu(),
        new LocalResponseNormalization({ size: 3 }),
        new Convolution({ filters: 3, kernel: 3, pad: 3, dilation: 3 }),
      ),
    ),
  'an FCN: padded by 20, two poolings of the ceil rule, upsampling by 4, crop': () =>
    net((image) => {
      const scores = through(
        image,
        new Convolution({ filters: 3, kernel: 3, pad: 20 }),
        relu(),
        new MaxPooling({ window: 2 }),
        new Convolution({ filters: 4, kernel: 3, pad: 1 }),
        new MaxPooling({ window: 3, stride: 2 }),
        new Convolution({ filters: 4, kernel: 4 }),
        relu(),
        new Convolution({ filters: 3, kernel: 1 }),
        new BilinearUpsampling({ factor: 4 }),
      )
      return cropTo(scores, image, image)
    }),
  'an FCN with a skip: scores of stride 4 and 2 are added, upsampling learnt': () =>
    net((image) => {
      const pool1 = through(
        image,
        new Convolution({ filters: 3, kernel: 3, pad: 16 }),
        relu(),
        new MaxPooling({ window: 2 }),
      )
      const pool2 = through(
        pool1,
        new Convolution({ filters: 4, kernel: 3, pad: 1 }),
        relu(),
        new MaxPooling({ window: 2 }),
      )
      const coarse = through(
        pool2,
        new Convolution({ filters: 2, kernel: 3 }),
        new TransposedConvolution({ filters: 2, kernel: 4, stride: 2 }),
      )
      const skip = cropTo(through(pool1, new Convolution({ filters: 2, kernel: 1 })), coarse, image)
      const fused = tfl.layers.add().apply([coarse, skip]) as Map
      return cropTo(through(fused, new BilinearUpsampling({ factor: 2 })), image, image)
    }),
  'overlapping average and max pooling with padding, stride 3': () =>
    net((image) => {
      const scores = through(
        image,
        new AveragePooling({ window: 5, stride: 3, pad: 2 }),
        new Convolution({ filters: 3, kernel: 3, pad: 1 }),
        new MaxPooling({ window: 3, stride: 1, pad: 1 }),
        new BilinearUpsampling({ factor: 3, kernel: 7 }),
      )
      return new CropLike({ offset: [2, 2] }).apply([scores, image]) as Map
    }),
  'stock layers whose padding depends on the size': () =>
    net((image) => {
      const scores = through(
        image,
        tfl.layers.conv2d({ filters: 4, kernelSize: 3, strides: 2, padding: 'same', activation: 'relu' }),
        tfl.layers.maxPooling2d({ poolSize: 3, strides: 2, padding: 'same' }),
        tfl.layers.batchNormalization(),
        tfl.layers.upSampling2d({ size: [2, 2] }),
        tfl.layers.conv2dTranspose({ filters: 2, kernelSize: 5, strides: 2, padding: 'same' }),
      )
      return new CropLike({ offset: [0, 0] }).apply([scores, image]) as Map
    }),
  'stock bilinear upsampling': () =>
    net((image) => {
      const scores = through(
        image,
        new Convolution({ filters: 3, kernel: 3, pad: 1 }),
        new MaxPooling({ window: 3 }),
        tfl.layers.upSampling2d({ size: [3, 3], interpolation: 'bilinear' }),
        new Convolution({ filters: 2, kernel: 1 }),
      )
      return new CropLike({ offset: [0, 0] }).apply([scores, image]) as Map
    }),
  'max unpooling by switches': () =>
    net((image) => {
      const features = through(image, new Convolution({ filters: 3, kernel: 3, pad: 1 }))
      const [pooled, switches] = new MaxPoolingWithSwitches({ window: 2 }).apply(features) as Map[]
      const deep = through(pooled, new Convolution({ filters: 3, kernel: 3, pad: 1 }))
      const unpooled = new MaxUnpooling({ window: 2 }).apply([deep, switches, features]) as Map
      return through(unpooled, new Convolution({ filters: 2, kernel: 3, pad: 1 }))
    }),
  'a net inside a net': () =>
    net((image) => {
      const inner = net((x) =>
        through(
          x,
          new Convolution({ filters: 3, kernel: 3, pad: 1, stride: 2 }),
          new MaxPooling({ window: 2 }),
          new BilinearUpsampling({ factor: 4 }),
        ),
      )
      return new CropLike({ offset: [1, 1] }).apply([
        through(inner.apply(image) as Map, new Convolution({ filters: 2, kernel: 3, pad: 1 })),
        image,
      ]) as Map
    }),
}

/** Largest difference, and largest value. */
function compare(a: Float32Array, b: Float32Array): { difference: number; largest: number } {
  let [difference, largest] = [0, 0]
  a.forEach((value, i) => {
    difference = Math.max(difference, Math.abs(value - b[i]))
    largest = Math.max(largest, Math.abs(value))
  })
  return { difference, largest }
}

const cases = ['cpu', 'wasm'].flatMap((backend) => Object.keys(nets).map((name) => [backend, name] as const))

describe.each(cases)('on %s: %s', (backend, name) => {
  let model: tfl.LayersModel
  beforeAll(async () => {
    await useBackend(backend as 'cpu' | 'wasm')
    model = nets[name]()
  })
  afterAll(() => model.dispose())

  test('tiles give the scores of the whole image, at any size, and leave no tensor', async () => {
    let tiledRuns = 0
    for (let round = 0; round < 4; round++) {
      const image = photo(58 + rng.integer(16), 54 + rng.integer(20))
      const [whole] = await predictScores(model, [image], { preprocessing })
      const before = tf.memory().numTensors
      const tile: [number, number] = [48 + rng.integer(10), 48 + rng.integer(8)]
      let tiles = 0
      const tiled = await predictTiledScores(model, image, { preprocessing, layers, tile, onProgress: () => tiles++ })
      expect(tf.memory().numTensors).toBe(before)
      const { difference, largest } = compare(whole.data, tiled.data)
      expect(largest).toBeGreaterThan(0.1)
      expect(difference, `${image.height}×${image.width} in tiles of ${tile}`).toBeLessThan(1e-5)
      if (tiles > 1) tiledRuns++
    }
    expect(tiledRuns).toBeGreaterThan(2)
  })

  test('a model that is prepared already serves many images', async () => {
    const prepared = await new EagerEngine().prepare(model)
    for (const image of [photo(60, 64), photo(49, 50)]) {
      const [whole] = await predictScores(model, [image], { preprocessing })
      const tiled = await predictTiledScores(model, image, { preprocessing, layers, tile: 48, prepared })
      expect(compare(whole.data, tiled.data).difference).toBeLessThan(1e-5)
    }
  })

  test('cuts would be seen without the overlap', async () => {
    const image = photo(73, 80)
    const [whole] = await predictScores(model, [image], { preprocessing })
    const tiled = await predictTiledScores(model, image, { preprocessing, layers, tile: 48, overlap: 0 })
    expect(compare(whole.data, tiled.data).difference).toBeGreaterThan(1e-2)
  })
})

test('labels come tile by tile and equal those of the whole image', async () => {
  const model = nets['an FCN with a skip: scores of stride 4 and 2 are added, upsampling learnt']()
  const image = photo(70, 91)
  const [whole] = await predictLabels(model, [image], { preprocessing })
  const fractions: number[] = []
  const tiled = await predictTiledLabels(model, image, {
    preprocessing,
    layers,
    tile: [48, 64],
    onProgress: (fraction) => fractions.push(fraction),
  })
  expect(tiled).toEqual(whole)
  expect(tiled.labels).toBeInstanceOf(Uint8Array)
  expect(fractions.length).toBeGreaterThan(2)
  expect(fractions.at(-1)).toBe(1)
})

/** Pads to a multiple, half of it before: where it looks depends on the size. */
class CentredPad extends PixelwiseLayer<{ readonly multiple: number }> {
  static readonly className = 'Testing>CentredPad'

  override inferShape([[batch, height, width, channels]]: Shape[]): Shape {
    const padded = (size: number | null) => size && size + this.missing(size)
    return [batch, padded(height), padded(width), channels]
  }

  override forward([x]: tf.Tensor[]): tf.Tensor {
    const [, height, width] = (x as tf.Tensor4D).shape
    const [rows, columns] = [height, width].map((size) => {
      const before = Math.floor(this.missing(size) / 2)
      return [before, this.missing(size) - before] as [number, number]
    })
    return tf.pad(x, [[0, 0], rows, columns, [0, 0]])
  }

  missing(size: number): number {
    return Math.ceil(size / this.config.multiple) * this.config.multiple - size
  }
}

const centredPad: LayerPlugin<CentredPad> = {
  layer: CentredPad,
  spatialMap: (layer, [[, height, width]]) =>
    translation([-Math.floor(layer.missing(height ?? 0) / 2), -Math.floor(layer.missing(width ?? 0) / 2)]),
}

describe('says why it cannot be exact', () => {
  const tiled = (model: tfl.LayersModel, image: Raster, options = {}) =>
    predictTiledScores(model, image, { preprocessing, layers, tile: 32, ...options })

  test('resizing to the image where its size is no multiple of the stride', async () => {
    const model = net((image) => {
      const scores = through(image, new Convolution({ filters: 2, kernel: 3, pad: 1 }), new MaxPooling({ window: 4 }))
      return new ResizeLike({}).apply([scores, image]) as Map
    })
    const image = photo(64, 60)
    const [whole] = await predictScores(model, [image], { preprocessing })
    expect(compare(whole.data, (await tiled(model, image)).data).difference).toBeLessThan(1e-5)
    await expect(tiled(model, photo(62, 60))).rejects.toThrowErrorMatchingInlineSnapshot(
      `[PixelwiseError: model "tested" gives one result every 1.0323 pixels for an image of this size: a net that is tiled gives one for each pixel; upsample by the total stride (BilinearUpsampling) and crop (CropLike); resizing to the image fits only where its size is a multiple of the stride]`,
    )
  })

  test('a layer that depends on the size of the image', async () => {
    const model = net((image) => {
      const centred = new CentredPad({ name: 'centred', multiple: 8 }).apply(image) as Map
      const features = through(centred, new Convolution({ filters: 2, kernel: 3, pad: 1 }))
      return new CropLike({ offset: [2, 2] }).apply([features, image]) as Map
    })
    const registry = new LayerRegistry(coreLayers, [centredPad])
    const image = photo(60, 60)
    await expect(tiled(model, image, { layers: registry })).rejects.toThrowErrorMatchingInlineSnapshot(
      `[PixelwiseError: layer "centred" looks elsewhere in a tile of 32×32 than in the image of 60×60: a net that is tiled has no layer that depends on the size of the image; upsample by a fixed factor (BilinearUpsampling), or predict the whole image]`,
    )
    await expect(tiled(model, image)).rejects.toThrow('unknown layer "Testing>CentredPad"')
  })

  test('context of the whole image beside the main path', async () => {
    const model = net((image) => {
      const features = through(image, new Convolution({ filters: 4, kernel: 3, pad: 1 }))
      const weights = through(
        features,
        tfl.layers.globalAveragePooling2d({ name: 'squeeze' } as never),
        tfl.layers.reshape({ targetShape: [1, 1, 4] }),
      )
      return tfl.layers.multiply().apply([features, weights]) as Map
    })
    await expect(tiled(model, photo(64, 60))).rejects.toThrow(
      /^layer "(squeeze|reshape_.*)" of model "tested" sees the whole image: a net that is tiled sees a bounded part of the image at each pixel; predict the whole image, or leave out the flattening or global pooling$/,
    )
  })

  test('tiles that are too small', async () => {
    const model = net((image) => through(image, new Convolution({ filters: 2, kernel: 33, pad: 16 })))
    await expect(tiled(model, photo(64, 60))).rejects.toThrowErrorMatchingInlineSnapshot(
      `[PixelwiseError: tiles of 32 pixels for an image of 64: the net sees 16 pixels before and 16 after each pixel and has a total stride of 1; use tiles of at least 33 pixels; larger ones repeat less work, so prefer 64 or more]`,
    )
    await expect(tiled(model, photo(64, 60), { tile: 0.5 })).rejects.toThrowErrorMatchingInlineSnapshot(
      `[PixelwiseError: tiles of 0.5 pixels: a tile has a whole number of pixels; choose the largest that fits in memory, for example 1024]`,
    )
    await expect(tiled(model, photo(64, 60), { overlap: -1 })).rejects.toThrowErrorMatchingInlineSnapshot(
      `[PixelwiseError: an overlap of -1 pixels: it is a whole number of pixels, 0 or more; leave it out for exact seams]`,
    )
  })

  test('a NaN, at its place in the whole image', async () => {
    const model = net((image) => through(image, new Convolution({ filters: 2, kernel: 3, pad: 1 })))
    const data = new Float32Array(64 * 60 * 3)
    data[(50 * 60 + 7) * 3 + 1] = Number.NaN
    await expect(tiled(model, { height: 64, width: 60, channels: 3, data })).rejects.toThrowErrorMatchingInlineSnapshot(
      `[PixelwiseError: raster value NaN at row 50, column 7, channel 1: image values are finite numbers; fill what is missing (holes of a depth image) before prediction]`,
    )
  })
})
