import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { type NpyArray, readCaffeBlobs, readNpy } from '@pixelwise/testing'
import * as tf from '@tensorflow/tfjs-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { useBackend } from '../backends/index.js'
import {
  averagePool,
  convolution,
  fullyConnected,
  lrnAcrossChannels,
  lrnWithinChannel,
  maxPool,
  meanVarianceNormalization,
  transposedConvolution,
} from './index.js'

const folder = fileURLToPath(new URL('../../../../../shared/data/caffe_layer_refs', import.meta.url))

/** What each layer computes on NHWC maps; options as in the prototxt beside its reference output. */
const layers: Record<string, (x: tf.Tensor4D, weights: tf.Tensor4D, bias: tf.Tensor1D) => tf.Tensor> = {
  convolution: (x, weights, bias) =>
    tf.add(convolution(x, channelsLast(weights, [2, 3, 1, 0]), { groups: 3, stride: [2, 3], pad: [0, 1] }), bias),
  deconvolution: (x, weights, bias) =>
    tf.add(
      transposedConvolution(x, channelsLast(weights, [2, 3, 1, 0]), { groups: 3, stride: [2, 3], pad: [0, 1] }),
      bias,
    ),
  lrn_channels: (x) => lrnAcrossChannels(x, { size: 5, alpha: 1.1, beta: 0.75 }),
  lrn_spatial: (x) => lrnWithinChannel(x, { size: 5, alpha: 0.9, beta: 0.75 }),
  mvn: (x) => meanVarianceNormalization(x, { epsilon: 0.1 }),
  pooling_ave: (x) => averagePool(x, { window: [3, 5], stride: [2, 1], pad: [2, 1] }),
  pooling_max: (x) => maxPool(x, { window: [3, 5], stride: [2, 1], pad: [2, 1] }),
  softmax: (x) => tf.softmax(x, 3),
}

/** Caffe's own float32 sums differ from ours in their order only. */
const tolerance = 1e-5

describe.skipIf(!existsSync(folder))('outputs of Caffe, where ../shared/data/caffe_layer_refs is at hand', () => {
  const worst: Record<string, string> = {}
  afterAll(() => console.info('largest difference to Caffe', worst))

  describe.each(['wasm', 'cpu'] as const)('on %s', (backend) => {
    beforeAll(async () => {
      await useBackend(backend)
    })

    test.each(Object.keys(layers))('%s', async (name) => {
      const input = readNpy(`${folder}/${name === 'deconvolution' ? 'layer_deconvolution.input' : 'blob'}.npy`)
      const [weights, bias] = blobsOf(name)
      const output = tf.tidy(() => channelsFirst(layers[name](channelsLast(tensor(input)), weights, bias)))
      worst[`${name} on ${backend}`] = (await difference(output, readNpy(`${folder}/layer_${name}.npy`))).toExponential(
        1,
      )
      expect(Number(worst[`${name} on ${backend}`])).toBeLessThanOrEqual(tolerance)
      tf.dispose([output, weights, bias].filter(Boolean))
    })

    test('inner_product', async () => {
      const input = readNpy(`${folder}/blob.npy`)
      const [weights, bias] = blobsOf('inner_product')
      const rows = tf.tensor2d(input.values, [input.values.length / 113, 113]) // axis 3: every image row is one vector
      const output = tf.tidy(() => {
        const perRow = fullyConnected(rows, tf.transpose(tf.reshape(weights, [2, 113])), bias)
        return tf.reshape(perRow, [...input.shape.slice(0, 3), 2])
      })
      worst[`inner_product on ${backend}`] = (
        await difference(output, readNpy(`${folder}/layer_inner_product.npy`))
      ).toExponential(1)
      expect(Number(worst[`inner_product on ${backend}`])).toBeLessThanOrEqual(tolerance)
      tf.dispose([rows, output, weights, bias])
    })
  })
})

/** Absent for layers without weights. */
function blobsOf(name: string): [weights: tf.Tensor4D, bias: tf.Tensor1D] {
  const path = `${folder}/layer_${name}.caffemodel`
  return (existsSync(path) ? readCaffeBlobs(path).map(tensor) : []) as [tf.Tensor4D, tf.Tensor1D]
}

function tensor({ values, shape }: NpyArray): tf.Tensor {
  return tf.tensor(values, shape)
}

/** `[N, C, H, W]` → `[N, H, W, C]`, or another order for weights. */
function channelsLast(x: tf.Tensor, order = [0, 2, 3, 1]): tf.Tensor4D {
  return tf.transpose(x as tf.Tensor4D, order)
}

function channelsFirst(x: tf.Tensor): tf.Tensor {
  return tf.transpose(x, [0, 3, 1, 2])
}

/** The largest absolute difference; infinite where the shapes differ. */
async function difference(actual: tf.Tensor, expected: NpyArray): Promise<number> {
  if (`${actual.shape}` !== `${expected.shape}`) return Number.POSITIVE_INFINITY
  const values = await actual.data()
  return expected.values.reduce((largest, value, i) => Math.max(largest, Math.abs(values[i] - value)), 0)
}
