import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-layers'
import { expect, test } from 'vitest'
import { BilinearUpsampling } from '../layers/bilinear-upsampling.js'
import { Convolution } from '../layers/convolution.js'
import { coreLayers } from '../layers/core-layers.js'
import { LayerRegistry } from '../registry/layer-registry.js'
import { alignmentOffset } from './alignment.js'

const layers = new LayerRegistry(coreLayers)

test('upsampled scores lie over the image at the offset the geometry gives', () => {
  const { image, scores } = net({ pad: 4, factor: 2 })
  // Pooling centres at 2i + 0.5 − 3 of the image; upsampling by 2 with a 4-wide kernel: 2·(j − 1.5)/2 − 2.5 = j − 4.
  expect(alignmentOffset({ inputs: [image] }, scores, image, { layers })).toEqual([4, 4])
})

test('maps of different strides are not aligned', () => {
  const { image, scores } = net({ pad: 4, factor: 4 })
  expect(() => alignmentOffset({ inputs: [image] }, scores, image, { layers })).toThrowErrorMatchingInlineSnapshot(
    `[PixelwiseError: upscore has stride 0.5, its reference 1: a crop aligns maps of one stride; upsample the coarser map by the ratio of the strides first]`,
  )
})

test('an offset between cells is refused', () => {
  const { image, scores } = net({ pad: 4, factor: 2, kernel: 3 })
  expect(() => alignmentOffset({ inputs: [image] }, scores, image, { layers })).toThrowErrorMatchingInlineSnapshot(
    `[PixelwiseError: upscore would have to be cropped at 3.5 cells: a crop offset is a whole number of cells, zero or more; change the padding of the first layer, or use an even upsampling kernel for an even factor]`,
  )
})

test('scores that begin inside the reference ask for pad, and for how much', () => {
  const { image, scores } = net({ pad: 0, factor: 2, kernel: 2 })
  expect(() => alignmentOffset({ inputs: [image] }, scores, image, { layers })).toThrowErrorMatchingInlineSnapshot(
    `[PixelwiseError: upscore would have to be cropped at -1 cells: a crop offset is a whole number of cells, zero or more; set pad of the backbone (net.pad in a configuration) 1 pixels higher or more; the published FCNs have pad 100]`,
  )
  const padded = net({ pad: 1, factor: 2, kernel: 2 })
  expect(alignmentOffset({ inputs: [padded.image] }, padded.scores, padded.image, { layers })).toEqual([0, 0])
})

test('what has lost its position cannot be aligned', () => {
  const image = tf.input({ shape: [4, 4, 1] })
  const flat = tf.layers.flatten({ name: 'flat' }).apply(image) as tf.SymbolicTensor
  expect(() => alignmentOffset({ inputs: [image] }, flat, image, { layers })).toThrowErrorMatchingInlineSnapshot(
    `[PixelwiseError: flat has no position in the image: flattened and globally pooled features cannot be aligned; align a map taken before them, or make the classifier fully convolutional first]`,
  )
})

function net({ pad, factor, kernel }: { pad: number; factor: number; kernel?: number }) {
  const image = tf.input({ shape: [null, null, 1] })
  const convolved = new Convolution({ filters: 1, kernel: 3, pad }).apply(image)
  const pooled = tf.layers.maxPooling2d({ poolSize: 2 }).apply(convolved)
  const scores = new BilinearUpsampling({ factor, kernel, name: 'upscore' }).apply(pooled) as tf.SymbolicTensor
  return { image, scores }
}
