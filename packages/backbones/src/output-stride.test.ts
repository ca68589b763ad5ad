import '@tensorflow/tfjs-backend-cpu'
import { type Backbone, coreLayers, LayerRegistry, outputMaps, Rng, receptiveFields } from '@pixelwise/core'
import * as tf from '@tensorflow/tfjs-core'
import type { LayersModel } from '@tensorflow/tfjs-layers'
import { beforeAll, expect, test } from 'vitest'
import { alexnet, caffenet } from './alexnet.js'
import { densenet121 } from './densenet.js'
import { googlenet } from './googlenet.js'
import { lenet } from './lenet.js'
import { resnet50 } from './resnet.js'
import { squeezenet10, squeezenet11 } from './squeezenet.js'
import { vgg16, vgg19 } from './vgg.js'

const layers = new LayerRegistry(coreLayers)

beforeAll(async () => {
  await tf.setBackend('cpu')
})

// Shift-and-stitch is dilation (Long 2016, §3.2.2): of a net kept at a finer stride, every second (fourth) cell of the
// last map is exactly what the strided net computes, borders included, at sizes that no stride divides.
test.each([
  ['lenet at 2', lenet, 2, 4, 1, 32],
  ['caffenet at 16', caffenet, 16, 32, 100, 65],
  ['caffenet at 8', caffenet, 8, 32, 100, 65],
  ['alexnet at 8', alexnet, 8, 32, 100, 71],
  ['vgg16 at 16', vgg16, 16, 32, 100, 61],
  ['vgg16 at 8', vgg16, 8, 32, 100, 45],
  ['vgg19 at 8', vgg19, 8, 32, 100, 61],
  ['googlenet at 16', googlenet, 16, 32, 3, 91],
  ['googlenet at 8', googlenet, 8, 32, 3, 75],
  ['resnet50 at 16', resnet50, 16, 32, 3, 61],
  ['resnet50 at 8', resnet50, 8, 32, 3, 61],
  ['resnet50 of torchvision at 8', (o: object) => resnet50({ ...o, variant: 'torchvision' }), 8, 32, 3, 61],
  ['squeezenet1.0 at 8', squeezenet10, 8, 16, 0, 61],
  ['squeezenet1.1 at 4', squeezenet11, 4, 16, 0, 45],
  ['densenet121 at 16', densenet121, 16, 32, 3, 61],
  ['densenet121 at 8', densenet121, 8, 32, 3, 61],
  ['densenet121 of torchvision at 8', (o: object) => densenet121({ ...o, variant: 'torchvision' }), 8, 32, 3, 75],
] as const)('%s computes what its strided form does', (_name, build, outputStride, nativeStride, pad, size) => {
  const options = { width: 1 / 64, pad, start: 'msra' as const, seed: 3 }
  const strided = build(options)
  const dilated = build({ ...options, outputStride })
  scatterAverages(strided.model, dilated.model)
  expect(lastStride(strided)).toBe(nativeStride)
  expect(lastStride(dilated)).toBe(outputStride)
  const shape = [1, size, size + 10, strided.model.inputs[0].shape[3]!] as const
  const rng = new Rng(5)
  const image = tf.tensor4d(
    Float32Array.from({ length: shape[1] * shape[2] * shape[3] }, () => rng.normal(0, 1)),
    [...shape],
  )
  const coarse = lastMap(strided, image)
  const fine = lastMap(dilated, image)
  const step = nativeStride / outputStride
  expect(Math.ceil(fine.shape[1] / step)).toBe(coarse.shape[1])
  expect(Math.ceil(fine.shape[2] / step)).toBe(coarse.shape[2])
  const everySecond = tf.stridedSlice(fine, [0, 0, 0, 0], fine.shape, [1, step, step, 1])
  expect(Math.max(...tf.abs(coarse).dataSync())).toBeGreaterThan(1e-3)
  // Equal up to the order of summation in float32.
  expect(Math.max(...tf.abs(tf.sub(coarse, everySecond)).dataSync())).toBeLessThan(1e-5)
  strided.model.dispose()
  dilated.model.dispose()
})

test('neither the receptive field nor the parameters change', () => {
  for (const build of [alexnet, vgg16, googlenet, resnet50, densenet121]) {
    const options = { width: 1 / 64, pad: 100 }
    const figures = [undefined, 16, 8].map((outputStride) => {
      const { model } = build({ ...options, outputStride })
      const maps = outputMaps(model, { layers })
      const parameters = model.countParams()
      model.dispose()
      return { parameters, kernel: maps.at(-1)?.rows.kernel, offset: maps.at(-1)?.rows.offset }
    })
    expect(figures[1]).toEqual(figures[0])
    expect(figures[2]).toEqual(figures[0])
  }
})

test('what comes after a stride left out is dilated, pooling too', () => {
  const { model } = vgg16({ width: 1 / 64, outputStride: 8 })
  const config = (name: string) => model.getLayer(name).getConfig()
  expect(config('pool4')).toMatchObject({ dilation: 1, formerStride: 2 })
  expect(config('conv5_1')).toMatchObject({ dilation: 2, pad: 2, stride: 1 })
  expect(config('pool5')).toMatchObject({ dilation: 2, formerStride: 2 })
  expect(config('fc6')).toMatchObject({ dilation: 4, pad: 0 })
  expect(receptiveFields(model, { layers }).get('fc7')?.rows.stride).toBe(8)
  model.dispose()
})

test.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY])('a width of %d is refused', (width) => {
  expect(() => vgg16({ width })).toThrow(
    `vgg16 with width ${width}: the width multiplies the channels: a number above 0; pass 1 for the published net, 0.25 for a quarter of its channels`,
  )
})

test('a stride that a net does not pass through is refused', () => {
  expect(() => vgg16({ width: 1 / 64, outputStride: 12 })).toThrowErrorMatchingInlineSnapshot(
    `[PixelwiseError: vgg16 cannot end at stride 12: a layer's stride is taken or left out, and with this output stride its taps have strides 2, 4, 8; choose a stride that the net passes through, such as 8]`,
  )
  expect(() => squeezenet10({ width: 1 / 64, outputStride: 32 })).toThrowErrorMatchingInlineSnapshot(
    `[PixelwiseError: squeezenet1.0 cannot end at stride 32: a layer's stride is taken or left out, and with this output stride its taps have strides 2, 4, 8, 16; choose a stride that the net passes through, such as 16]`,
  )
})

test('a seed draws weights by layer name; without one they are zero', () => {
  const sums = ({ model }: Backbone) => {
    const weights = model.getWeights().map((weight) => tf.sum(tf.abs(weight)).dataSync()[0])
    model.dispose()
    return weights
  }
  const width = 1 / 64
  expect(sums(alexnet({ width })).every((sum) => sum === 0)).toBe(true)
  expect(sums(alexnet({ width, seed: 1 }))).toEqual(sums(alexnet({ width, seed: 1 })))
  expect(sums(alexnet({ width, seed: 1 }))).not.toEqual(sums(alexnet({ width, seed: 2 })))
})

/** Moving averages and scales away from 0 and 1, alike in both nets: else a normalisation would show nothing. */
function scatterAverages(...models: LayersModel[]): void {
  for (const model of models) {
    const rng = new Rng(7)
    for (const weight of model.weights) {
      if (!/moving|scale|\/bias/.test(weight.originalName)) continue
      const values = Float32Array.from({ length: weight.shape[0]! }, () => rng.uniform(0.6, 1.4))
      weight.write(tf.tensor1d(values))
    }
  }
}

function lastStride({ taps }: Backbone): number {
  return taps[taps.length - 1].map.rows.stride
}

function lastMap({ model }: Backbone, image: tf.Tensor4D): tf.Tensor4D {
  return tf.tidy(() => (model.predict(image) as tf.Tensor4D[]).at(-1)!)
}
