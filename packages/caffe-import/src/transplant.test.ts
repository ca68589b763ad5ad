import { Convolution } from '@pixelwise/core'
import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import { input, layers as kerasLayers, model, type SymbolicTensor } from '@tensorflow/tfjs-layers'
import { beforeAll, expect, test } from 'vitest'
import { importCaffe } from './import-caffe.js'
import { transplantWeights } from './transplant.js'
import { arrayBlob, type WeightSource } from './weights/weight-source.js'

beforeAll(async () => {
  await tf.setBackend('cpu')
})

const numbers = (count: number, start = 0) => Float32Array.from({ length: count }, (_, i) => start + i)
const source: WeightSource = {
  name: 'vgg.caffemodel',
  format: 'V2',
  layers: [
    { name: 'conv1', blobs: [arrayBlob([2, 3, 1, 1], numbers(6)), arrayBlob([2], numbers(2, 50))] },
    { name: 'fc6', blobs: [arrayBlob([1, 1, 4, 8], numbers(32)), arrayBlob([1, 1, 1, 4], numbers(4))] },
    { name: 'score', blobs: [arrayBlob([2, 4, 1, 1], numbers(8)), arrayBlob([1, 1, 1, 2], numbers(2, 7))] },
    { name: 'fc8', blobs: [arrayBlob([1000, 4], numbers(4000))] },
  ],
}

function net(channels: number) {
  const image = input({ shape: [4, 4, channels] })
  const conv = new Convolution({ name: 'conv1rgb', filters: 2, kernel: 1, start: 'zeros' }).apply(image)
  const fc = new Convolution({ name: 'fc6rgb', filters: 4, kernel: 2, start: 'zeros' }).apply(conv)
  const score = new Convolution({ name: 'scorergb', filters: 3, kernel: 1, start: 'zeros' }).apply(fc)
  const up = new Convolution({ name: 'uprgb', filters: 3, kernel: 1, start: 'zeros' }).apply(score)
  return model({ inputs: image, outputs: up as SymbolicTensor })
}
const weight = (of: ReturnType<typeof net>, layer: string, i: number) => [
  ...of.getLayer(layer).weights[i].read().dataSync(),
]

test('copies by suffix: fully connected into convolution, old classes first, depth as the mean of the colours', () => {
  const rgbd = net(4)
  const report = transplantWeights(rgbd, source, { suffix: 'rgb', expand: ['scorergb'], widen: ['conv1rgb'] })
  expect(report.copied).toEqual([
    { layer: 'conv1rgb', from: 'conv1', how: 'widened' },
    { layer: 'fc6rgb', from: 'fc6', how: 'reshaped' },
    { layer: 'scorergb', from: 'score', how: 'expanded' },
  ])
  expect(report.kept).toEqual([{ layer: 'uprgb', reason: 'vgg.caffemodel has no such layer' }])
  expect(report.unused).toEqual(['fc8'])
  // [1, 1, 4, 2]: by input, then output; filters 0 1 2 and 3 4 5 have the means 1 and 4.
  expect(weight(rgbd, 'conv1rgb', 0)).toEqual([0, 3, 1, 4, 2, 5, 1, 4])
  expect(weight(rgbd, 'conv1rgb', 1)).toEqual([50, 51])
  // Caffe's value o·8 + c·4 + y·2 + x stands at [y, x, c, o].
  expect(weight(rgbd, 'fc6rgb', 0).slice(0, 8)).toEqual([0, 8, 16, 24, 4, 12, 20, 28])
  expect(weight(rgbd, 'scorergb', 0)).toEqual([0, 4, 0, 1, 5, 0, 2, 6, 0, 3, 7, 0])
  expect(weight(rgbd, 'scorergb', 1)).toEqual([7, 8, 0])
})

test('weights of another shape are left alone and named', () => {
  const { kept } = transplantWeights(net(4), source, { suffix: 'rgb' })
  expect(kept[0]).toEqual({ layer: 'conv1rgb', reason: 'weight 0 is [1, 1, 4, 2], the source [2, 3, 1, 1]' })
})

test('a dense layer behind Flatten computes what InnerProduct does', () => {
  const image = input({ shape: [2, 2, 3] })
  const flat = kerasLayers.flatten().apply(image)
  const dense = model({
    inputs: image,
    outputs: kerasLayers.dense({ name: 'ip', units: 2 }).apply(flat) as SymbolicTensor,
  })
  const blobs = [arrayBlob([2, 12], numbers(24)), arrayBlob([2], numbers(2))]
  const weights = { name: 'a', format: 'V2', layers: [{ name: 'ip', blobs }] }
  transplantWeights(dense, weights)
  const caffe = importCaffe({
    net: `input: "data" input_dim: 1 input_dim: 3 input_dim: 2 input_dim: 2
          layer { name: "ip" type: "InnerProduct" bottom: "data" top: "ip" inner_product_param { num_output: 2 } }`,
    weights,
  })
  const x = tf.tensor4d(numbers(12), [1, 2, 2, 3])
  const [ours, theirs] = [dense, caffe.model].map((one) => [...(one.predict(x) as tf.Tensor).dataSync()])
  expect(ours).toEqual(theirs)
})

test('says when nothing fits', () => {
  expect(() => transplantWeights(net(3), source)).toThrow(
    'takes weights from vgg.caffemodel (conv1rgb: vgg.caffemodel has no such layer): layers find their weights by name; pass suffix or names, or check that both are nets of one family',
  )
  expect(() => transplantWeights(net(3), source, { expand: ['scroe'] })).toThrow('the options name layer "scroe"')
})
