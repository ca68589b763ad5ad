import '@tensorflow/tfjs-backend-cpu'
import { layerConformance, seededTensor } from '@pixelwise/testing'
import * as tf from '@tensorflow/tfjs-core'
import { input as modelInput, type SymbolicTensor } from '@tensorflow/tfjs-layers'
import { beforeAll, describe, expect, test } from 'vitest'
import { startWasm } from '../backends/wasm/start.js'
import { Rng } from '../index.js'
import { seededMasks, withMasks } from '../randomness.js'
import { BatchNormalization, batchNormalizationLayer } from './batch-normalization.js'
import { bilinearUpsamplingLayer } from './bilinear-upsampling.js'
import { channelScaleLayer } from './channel-scale.js'
import { Concatenation, concatenationLayer } from './concatenation.js'
import { Convolution, convolutionLayer } from './convolution.js'
import { CropLike, cropLikeLayer } from './crop-like.js'
import { Dropout, dropoutLayer } from './dropout.js'
import { localResponseNormalizationLayer } from './local-response-normalization.js'
import { maxUnpoolingLayer } from './max-unpooling.js'
import type { LayerPlugin } from './pixelwise-layer.js'
import { averagePoolingLayer, maxPoolingLayer, maxPoolingWithSwitchesLayer } from './pooling.js'
import { resizeLikeLayer } from './resize-like.js'
import { transposedConvolutionLayer } from './transposed-convolution.js'

const backends = ['cpu', 'wasm']
beforeAll(() => startWasm({ threads: 1 }))

const image = [2, 7, 6, 4]

conformance(convolutionLayer, [
  { config: { filters: 3, kernel: 3, pad: 1 }, inputs: [image] },
  { config: { filters: 4, kernel: [3, 2], stride: [2, 1], pad: [0, 2], groups: 2, bias: false }, inputs: [image] },
  { config: { filters: 2, kernel: 3, dilation: 2, pad: 2, start: 'xavier', seed: 5 }, inputs: [image] },
])
conformance(transposedConvolutionLayer, [
  { config: { filters: 3, kernel: 4, stride: 2, pad: 1 }, inputs: [[2, 3, 4, 2]] },
  { config: { filters: 4, kernel: [3, 5], stride: [2, 3], groups: 2, bias: false }, inputs: [[1, 3, 2, 4]] },
  { config: { filters: 2, kernel: 4, stride: 2, bias: false, start: 'bilinear' }, inputs: [[1, 3, 2, 2]] },
])
conformance(bilinearUpsamplingLayer, [
  { config: { factor: 2 }, inputs: [[2, 3, 4, 3]] },
  { config: { factor: 3, kernel: 6 }, inputs: [[1, 3, 2, 2]] },
])
conformance(maxPoolingLayer, [
  { config: { window: 2 }, inputs: [image], tolerance: 0.1 },
  { config: { window: [3, 2], stride: 2, pad: [1, 0], rounding: 'floor' }, inputs: [image], tolerance: 0.1 },
])
conformance(averagePoolingLayer, [
  { config: { window: 3, stride: 2, pad: 1 }, inputs: [image] },
  // A stride beyond the window: the ceil rule alone would count a window that covers nothing.
  { config: { window: [1, 2], stride: [2, 5] }, inputs: [[2, 6, 5, 4]] },
])
conformance(maxPoolingWithSwitchesLayer, [{ config: { window: 2 }, inputs: [image], tolerance: 0.1 }])
conformance(maxUnpoolingLayer, [
  {
    config: { window: 2 },
    inputs: [
      [1, 2, 2, 1],
      [1, 2, 2, 1],
      [1, 3, 4, 2],
    ],
    references: [1, 2],
    makeInput: (index) =>
      index === 1
        ? tf.tensor([1, 6, 8, 11], [1, 2, 2, 1], 'int32')
        : seededTensor(index === 0 ? [1, 2, 2, 1] : [1, 3, 4, 2], 'unpool'),
  },
])
conformance(localResponseNormalizationLayer, [
  { config: { size: 3, alpha: 0.5 }, inputs: [image] },
  { config: { region: 'within', size: 3, alpha: 0.5 }, inputs: [image] },
])
conformance(cropLikeLayer, [
  {
    config: { offset: [2, 3] },
    inputs: [
      [2, 9, 11, 4],
      [2, 5, 6, 1],
    ],
    references: [1],
  },
])
conformance(concatenationLayer, [
  {
    config: {},
    inputs: [
      [2, 3, 4, 2],
      [2, 3, 4, 5],
    ],
  },
])
conformance(channelScaleLayer, [
  { config: { value: 0.01 }, inputs: [image] },
  { config: { bias: true }, inputs: [image] },
])
conformance(dropoutLayer, [{ config: { rate: 0.3 }, inputs: [image] }])
conformance(batchNormalizationLayer, [
  { config: {}, inputs: [image] },
  { config: { scale: false }, inputs: [image] },
  { config: { centre: false, epsilon: 0.01 }, inputs: [image] },
])
conformance(resizeLikeLayer, [
  {
    config: {},
    inputs: [
      [1, 3, 4, 2],
      [1, 5, 9, 1],
    ],
    references: [1],
  },
  {
    config: { convention: { name: 'align-corners' } },
    inputs: [
      [1, 3, 4, 2],
      [1, 5, 9, 1],
    ],
    references: [1],
  },
])

test('a crop that does not fit says how to mend it', () => {
  const crop = new CropLike({ offset: [8, 0], name: 'score' })
  expect(() => crop.apply([tf.zeros([1, 9, 9, 2]), tf.zeros([1, 5, 5, 1])])).toThrowErrorMatchingInlineSnapshot(
    `[PixelwiseError: crop: 5×5 at offset 8,0 sticks out of 9×9: offset and size together must stay inside the map; set pad of the backbone higher (net.pad in a configuration; the published FCNs have pad 100), or solve the offset from the geometry of the net]`,
  )
})

test('a convolution says what it cannot be put on, and which starts there are', () => {
  const config = { filters: 2, kernel: 3, name: 'conv1' }
  expect(() => new Convolution(config).apply(modelInput({ shape: [8, 3] }))).toThrowErrorMatchingInlineSnapshot(
    `[PixelwiseError: conv1: an input of shape [null, 8, 3]: expected [N, H, W, C] with C known, as the filter has one part for each channel; give the input as [null, null, C] (tfjs adds the batch axis), or reshape what comes before]`,
  )
  expect(() => new Convolution(config).apply(modelInput({ shape: [8, 8, null] }))).toThrow('conv1: an input of shape')
  const start = 'gaussian' as 'msra' // as JavaScript may pass it
  expect(() => new Convolution({ ...config, start }).apply(tf.zeros([1, 8, 8, 3]))).toThrowErrorMatchingInlineSnapshot(
    `[PixelwiseError: conv1/kernel: start "gaussian": known: zeros, msra, xavier, bilinear; take msra before a ReLU, zeros for new score layers]`,
  )
})

test('weights depend on seed and names, not on the order of building', async () => {
  await tf.setBackend('cpu')
  const kernel = (name: string, seed: number) => {
    const layer = new Convolution({ filters: 2, kernel: 3, seed, name })
    tf.dispose(layer.apply(tf.zeros([1, 4, 4, 1])) as tf.Tensor)
    return layer.getWeights()[0].dataSync()
  }
  const first = kernel('conv1_1', 1)
  expect(kernel('conv1_2', 1)).not.toEqual(first)
  expect(kernel('conv1_1', 2)).not.toEqual(first)
  expect(kernel('conv1_1', 1)).toEqual(first)
})

test('dropout repeats its mask for one step and changes it with the next', async () => {
  await tf.setBackend('cpu')
  const layer = new Dropout({ rate: 0.5, name: 'drop6' })
  const step = (number: number) =>
    withMasks(
      seededMasks(new Rng(3).split(number)),
      () => layer.apply(tf.ones([4, 4]), { training: true }) as tf.Tensor,
    )
  const [first, again, next] = [step(1), step(1), step(2)].map((mask) => [...mask.dataSync()])
  expect(again).toEqual(first)
  expect(next).not.toEqual(first)
  expect(new Set(first)).toEqual(new Set([0, 2]))
})

test('batch normalisation moves its averages towards the batch while training', async () => {
  await tf.setBackend('cpu')
  const layer = new BatchNormalization({ momentum: 0.9 })
  const x = tf.tensor4d([1, 3, 5, 7], [1, 2, 2, 1])
  const y = layer.apply(x, { training: true }) as tf.Tensor
  const [mean, variance] = layer.getWeights().slice(-2)
  expect(mean.dataSync()[0]).toBeCloseTo(0.1 * 4, 6)
  expect(variance.dataSync()[0]).toBeCloseTo(0.9 + 0.1 * 5, 6)
  // (x − 4)/√(5 + 1e-5)
  for (const [i, value] of [-3, -1, 1, 3].entries()) expect(y.dataSync()[i]).toBeCloseTo(value / Math.sqrt(5.00001), 5)
})

test('maps of unknown and of known size concatenate', () => {
  const free = modelInput({ shape: [null, null, 2] })
  const known = modelInput({ shape: [5, 6, 3] })
  const joined = new Concatenation({}).apply([free, known]) as SymbolicTensor
  expect(joined.shape).toEqual([null, 5, 6, 5])
})

test('maps of different sizes do not concatenate, neither when the net is built nor when it runs', () => {
  const concatenation = new Concatenation({ name: 'joined' })
  const maps = [modelInput({ shape: [4, null, 1] }), modelInput({ shape: [5, 6, 1] })]
  expect(() => concatenation.apply(maps)).toThrowErrorMatchingInlineSnapshot(
    `[PixelwiseError: joined: maps of [null, 4, null, 1] and [null, 5, 6, 1]: maps that are joined along their channels have one batch size, height and width; crop the larger map (CropLike), or upsample the smaller one first]`,
  )
  const tensors = [tf.zeros([1, 4, 6, 1]), tf.zeros([1, 5, 6, 1])]
  expect(() => concatenation.apply(tensors)).toThrowErrorMatchingInlineSnapshot(
    `[PixelwiseError: joined: maps of [1, 4, 6, 1] and [1, 5, 6, 1]: maps that are joined along their channels have one batch size, height and width; crop the larger map (CropLike), or upsample the smaller one first]`,
  )
})

function conformance(plugin: LayerPlugin, cases: Parameters<typeof layerConformance>[1]): void {
  describe(plugin.layer.className, () => layerConformance(plugin, cases, backends))
}
