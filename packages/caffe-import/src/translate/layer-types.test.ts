import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import '@tensorflow/tfjs-backend-wasm'
import { beforeAll, describe, expect, test } from 'vitest'
import { graphCases, layerCases } from '../../test-support/layer-cases.js'
import { readFixture, relativeDifference } from '../../test-support/opencv-samples.js'
import { randomWeights } from '../../test-support/random-weights.js'
import { writeCaffemodel } from '../../test-support/write-caffemodel.js'
import { memoryBytes } from '../byte-source.js'
import { importCaffe } from '../import-caffe.js'
import { readCaffemodel } from '../wire/caffemodel.js'

// Made by oracles/caffe-import/run_opencv.py with OpenCV 4.6.0.
const fixture = readFixture('layers.opencv.json')

beforeAll(async () => {
  await tf.setBackend('wasm')
  await tf.ready()
})

describe('layer types give what OpenCV gives', () => {
  test.each([...layerCases, ...graphCases].map((one) => [one.name, one] as const))('%s', async (name, one) => {
    const [[expected]] = fixture.nets.find((net) => net.name === name)?.runs ?? []
    const weights = randomWeights({ net: one.net })
    const { model } = importCaffe({
      net: one.net,
      ...(weights.length > 0 && { weights: readCaffemodel(memoryBytes(writeCaffemodel(weights))) }),
    })
    const output = run(model, await one.values(0), [1, 3, 7, 9])
    expect([...output.shape, 1, 1].slice(0, 4)).toEqual([...expected.shape, 1, 1, 1].slice(0, 4))
    expect(relativeDifference(output, expected)).toBeLessThan(1e-5)
    output.dispose()
    model.dispose()
  })
})

describe('layers of Caffe and its forks that OpenCV lacks, by their definition', () => {
  const x = [1, -2, 3, 0.5, 4, -1, 2, 2]

  test.each([
    ['Log', 'log_param { base: 2 scale: 1 shift: 6 }', x.map((v) => Math.log2(v + 6))],
    ['Threshold', 'threshold_param { threshold: 1 }', x.map((v) => (v > 1 ? 1 : 0))],
    ['Clip', 'clip_param { min: -1 max: 2.5 }', x.map((v) => Math.min(2.5, Math.max(-1, v)))],
    ['Swish', 'swish_param { beta: 2 }', x.map((v) => v / (1 + Math.exp(-2 * v)))],
    ['PReLU', 'prelu_param { channel_shared: true }', x.map((v) => (v > 0 ? v : 0.25 * v))],
    ['Bias', 'bias_param { filler { type: "constant" value: 3 } }', x.map((v) => v + 3)],
    ['Tile', 'tile_param { axis: 1 tiles: 2 }', [...x, ...x]],
    [
      'Reduction',
      'reduction_param { operation: SUMSQ axis: 1 coeff: 0.5 }',
      [0.5 * x.reduce((sum, v) => sum + v * v, 0)],
    ],
    ['Reduction', 'reduction_param { operation: ASUM axis: 2 }', [6.5, 9]],
    ['Reduction', 'reduction_param { operation: MEAN axis: 3 }', [-0.5, 1.75, 1.5, 2]],
    ['ArgMax', 'argmax_param { axis: 1 }', [1, 1, 0, 1]],
    ['ArgMax', 'argmax_param { top_k: 2 out_max_val: true }', [4, 2, 4, 3]],
    ['ArgMax', '', [4]],
    ['BN', 'bn_param { bn_mode: INFERENCE scale_filler { type: "constant" value: 2 } }', x.map((v) => 2 * v)],
  ])('%s %s', (type, settings, expected) => {
    const { model } = importCaffe({
      net: `input: "data" input_dim: 1 input_dim: 2 input_dim: 2 input_dim: 2
            layer { name: "out" type: "${type}" bottom: "data" top: "out" ${settings} }`,
    })
    const output = run(model, Float32Array.from(x), [1, 2, 2, 2])
    const found = [...output.dataSync()]
    expect(found).toHaveLength(expected.length)
    for (const [i, value] of expected.entries()) expect(found[i]).toBeCloseTo(value, 5)
    output.dispose()
    model.dispose()
  })

  test('of equal values ArgMax takes the last, as Caffe does', () => {
    const { model } = importCaffe({
      net: `input: "data" input_dim: 1 input_dim: 1 input_dim: 1 input_dim: 4
            layer { name: "out" type: "ArgMax" bottom: "data" top: "out" }`,
    })
    expect([...run(model, Float32Array.from([1, 5, 5, 2]), [1, 1, 1, 4]).dataSync()]).toEqual([2])
  })

  test('BN in its learning mode normalises by the batch at hand', () => {
    const { model } = importCaffe({
      net: `input: "data" input_dim: 1 input_dim: 1 input_dim: 1 input_dim: 4
            layer { name: "out" type: "BN" bottom: "data" top: "out" bn_param { shift_filler { type: "constant" value: 1 } } }`,
    })
    const found = [...run(model, Float32Array.from([1, 2, 3, 6]), [1, 1, 1, 4]).dataSync()]
    const deviation = Math.sqrt(3.5)
    for (const [i, v] of [1, 2, 3, 6].entries()) expect(found[i]).toBeCloseTo((v - 3) / deviation + 1, 5)
  })

  test('BN with four blobs uses its running moments, as in PSPNet', () => {
    const blob = (value: number) => ({ shape: [1, 1, 1, 1], values: Float32Array.of(value) })
    const blobs = [2, 1, 3, 4].map(blob) // slope, bias, mean, variance
    const { model } = importCaffe({
      net: `input: "data" input_dim: 1 input_dim: 1 input_dim: 1 input_dim: 2
            layer { name: "out" type: "BN" bottom: "data" top: "out" bn_param { frozen: true eps: 0 } }`,
      weights: readCaffemodel(memoryBytes(writeCaffemodel([{ name: 'out', type: 'BN', blobs }]))),
    })
    expect([...run(model, Float32Array.of(3, 7), [1, 1, 1, 2]).dataSync()]).toEqual([1, 5])
  })

  test('two bottoms: Scale multiplies by, Bias adds, a blob of fewer axes', () => {
    const { model } = importCaffe({
      net: `input: "data" input_shape { dim: 1 dim: 2 dim: 1 dim: 2 } input: "factors" input_shape { dim: 1 dim: 2 }
            layer { name: "product" type: "Scale" bottom: "data" bottom: "factors" top: "product" scale_param { axis: 0 } }
            layer { name: "out" type: "Bias" bottom: "product" bottom: "factors" top: "out" bias_param { axis: 0 } }`,
    })
    const data = tf.tensor4d([1, 10, 2, 20], [1, 1, 2, 2])
    const output = model.predict([data, tf.tensor4d([3, 5], [1, 1, 1, 2])]) as tf.Tensor
    expect([...output.dataSync()]).toEqual([6, 55, 9, 105])
  })

  // Corners coincide: torch.nn.functional.interpolate(..., align_corners=True) of [[1, 2], [3, 4]] to 3×3.
  test.each(['zoom_factor: 2', 'height: 3 width: 3'])('Interp by %s', (settings) => {
    const { model } = importCaffe({
      net: `input: "data" input_dim: 1 input_dim: 1 input_dim: 2 input_dim: 2
            layer { name: "out" type: "Interp" bottom: "data" top: "out" interp_param { ${settings} } }`,
    })
    const found = [...run(model, Float32Array.of(1, 2, 3, 4), [1, 1, 2, 2]).dataSync()]
    expect(found).toEqual([1, 1.5, 2, 2, 2.5, 3, 3, 3.5, 4])
  })

  test.each([
    ['Unpooling', 'unpooling_param { unpool: MAX kernel_size: 2 stride: 2 unpool_size: 4 }'],
    ['Upsample', 'upsample_param { scale: 2 }'],
    ['Upsample', 'upsample_param { upsample_h: 4 upsample_w: 4 }'],
  ])('%s %s puts values back where the pooling found them, at any size', (type, settings) => {
    const { model } = importCaffe({
      net: `input: "data" input_dim: 1 input_dim: 1 input_dim: 4 input_dim: 4
            layer { name: "pool" type: "Pooling" bottom: "data" top: "pool" top: "mask" pooling_param { pool: MAX kernel_size: 2 stride: 2 } }
            layer { name: "out" type: "${type}" bottom: "pool" bottom: "mask" top: "out" ${settings} }`,
    })
    const values = Float32Array.of(1, 2, 3, 4, 8, 7, 6, 5, 9, 0, 1, 2, 0, 0, 4, 3)
    expect([...run(model, values, [1, 1, 4, 4]).dataSync()]).toEqual([0, 0, 0, 0, 8, 0, 6, 0, 9, 0, 0, 0, 0, 0, 4, 0])
    expect(run(model, new Float32Array(70).fill(1), [1, 1, 7, 10]).shape).toEqual([1, 1, 7, 10])
  })

  // OpenCV 4.6 does not know transpose; Caffe's definition: the same weights, stored [K, N].
  test('InnerProduct with transposed weights', () => {
    const values = Float32Array.from({ length: 2 * 12 }, (_, i) => Math.sin(i)) // [2, 12]
    const turned = Float32Array.from({ length: 24 }, (_, i) => values[(i % 2) * 12 + Math.floor(i / 2)]) // [12, 2]
    const product = (transpose: boolean, blob: { shape: number[]; values: Float32Array }) =>
      importCaffe({
        net: `input: "data" input_dim: 1 input_dim: 3 input_dim: 2 input_dim: 2
              layer { name: "out" type: "InnerProduct" bottom: "data" top: "out"
                      inner_product_param { num_output: 2 bias_term: false transpose: ${transpose} } }`,
        weights: readCaffemodel(memoryBytes(writeCaffemodel([{ name: 'out', type: 'InnerProduct', blobs: [blob] }]))),
      }).model
    const x = Float32Array.from({ length: 12 }, (_, i) => i - 5)
    const plain = run(product(false, { shape: [2, 12], values }), x, [1, 3, 2, 2])
    const transposed = run(product(true, { shape: [12, 2], values: turned }), x, [1, 3, 2, 2])
    expect([...transposed.dataSync()]).toEqual([...plain.dataSync()])
    const byHand = [0, 1].map((row) => x.reduce((sum, v, i) => sum + v * values[row * 12 + i], 0))
    for (const [i, value] of byHand.entries()) expect(plain.dataSync()[i]).toBeCloseTo(value, 4)
  })

  test('hole is dilation', () => {
    const dilated = (field: string) =>
      importCaffe({
        net: `input: "data" input_dim: 1 input_dim: 1 input_dim: 9 input_dim: 9
              layer { name: "out" type: "Convolution" bottom: "data" top: "out"
                      convolution_param { num_output: 1 kernel_size: 3 ${field}: 3 weight_filler { type: "xavier" } } }`,
      }).model
    const values = Float32Array.from({ length: 81 }, (_, i) => Math.sin(i))
    const [old, today] = ['hole', 'dilation'].map((field) => run(dilated(field), values, [1, 1, 9, 9]))
    expect(old.shape).toEqual([1, 1, 3, 3])
    expect([...old.dataSync()]).toEqual([...today.dataSync()])
  })
})

/** Runs a model on values in Caffe's order and gives its output in Caffe's order. */
function run(
  model: { predict(x: tf.Tensor): tf.Tensor | tf.Tensor[] },
  values: Float32Array,
  shape: number[],
): tf.Tensor {
  return tf.tidy(() => {
    const x = tf.transpose(tf.tensor(values, shape), [0, 2, 3, 1])
    return tf.transpose(model.predict(x) as tf.Tensor, [0, 3, 1, 2])
  })
}
