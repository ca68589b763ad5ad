import { existsSync, readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { readNpy } from '@pixelwise/testing'
import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import '@tensorflow/tfjs-backend-wasm'
import { beforeAll, describe, expect, test } from 'vitest'
import { memoryBytes } from './byte-source.js'
import { importCaffe } from './import-caffe.js'
import { readCaffemodel } from './wire/caffemodel.js'

const data = new URL('../../../../shared/data/', import.meta.url)
const at = (path: string) => new URL(path, data)
const text = (path: string) => readFileSync(at(path), 'utf8')
const weights = (path: string) => readCaffemodel(memoryBytes(readFileSync(at(path)), path))

beforeAll(async () => {
  await tf.setBackend('wasm')
  await tf.ready()
})

// Outputs of real Caffe (pycaffe), one layer each.
describe.skipIf(!existsSync(at('caffe_layer_refs')))('layers agree with Caffe to 1e-5', () => {
  test.each([
    ['convolution', true],
    ['deconvolution', true],
    ['inner_product', true],
    ['lrn_channels', false],
    ['lrn_spatial', false],
    ['mvn', false],
    ['pooling_ave', false],
    ['pooling_max', false],
    ['softmax', false],
  ])('%s', (layer, hasWeights) => {
    const root = `caffe_layer_refs/layer_${layer}`
    const { model } = importCaffe({
      net: text(`${root}.prototxt`),
      name: `${root}.prototxt`,
      ...(hasWeights && { weights: weights(`${root}.caffemodel`) }),
    })
    const own = at(`${root}.input.npy`)
    const input = readNpy((existsSync(own) ? own : at('caffe_layer_refs/blob.npy')).pathname)
    const expected = readNpy(at(`${root}.npy`).pathname)
    const output = tf.tidy(() => {
      const x = tf.transpose(tf.tensor(input.values, input.shape), [0, 2, 3, 1])
      return tf.transpose(model.predict(x) as tf.Tensor4D, [0, 3, 1, 2])
    })
    expect(output.shape).toEqual(expected.shape)
    expect(largestDifference(output.dataSync(), expected.values)).toBeLessThan(1e-5)
    output.dispose()
    model.dispose()
  })
})

// Splits, slices, an alteration of a copy that nobody reads, a blob of eight axes: in the end the input, flattened.
test.skipIf(!existsSync(at('caffe_layer_refs')))('reshapes, slices and splits give the input back', () => {
  const { model } = importCaffe({
    net: text('caffe_layer_refs/reshape_and_slice_routines.prototxt'),
    inputs: { input: [6, 75, 113] },
    outputs: ['output'],
  })
  const input = readNpy(at('caffe_layer_refs/blob.npy').pathname)
  const output = tf.tidy(
    () => model.predict(tf.transpose(tf.tensor(input.values, input.shape), [0, 2, 3, 1])) as tf.Tensor4D,
  )
  expect(output.shape).toEqual([2, 1, 1, 6 * 75 * 113])
  expect(output.dataSync()).toEqual(input.values)
  output.dispose()
  model.dispose()
})

describe.skipIf(!existsSync(at('lenet_mnist')))('LeNet', () => {
  test('reads the 10,000 digits of the test set as well as published', () => {
    const { model } = importCaffe({
      net: text('lenet_mnist/examples/mnist/lenet.prototxt'),
      weights: weights('lenet_mnist/examples/mnist/lenet_iter_10000.caffemodel'),
    })
    const images = gunzipSync(readFileSync(at('lenet_mnist/mnist/t10k-images-idx3-ubyte.gz'))).subarray(16)
    const labels = gunzipSync(readFileSync(at('lenet_mnist/mnist/t10k-labels-idx1-ubyte.gz'))).subarray(8)
    const batch = 500
    let right = 0
    for (let first = 0; first < labels.length; first += batch) {
      const pixels = Float32Array.from(images.subarray(first * 784, (first + batch) * 784), (value) => value / 256)
      const scores = tf.tidy(() => model.predict(tf.tensor4d(pixels, [batch, 28, 28, 1])) as tf.Tensor4D)
      expect(scores.shape).toEqual([batch, 1, 1, 10])
      const found = tf.tidy(() => tf.argMax(scores, 3).dataSync())
      right += found.filter((digit, i) => digit === labels[first + i]).length
      scores.dispose()
    }
    expect(right / labels.length).toBe(0.9914) // as OpenCV's dnn
    model.dispose()
  })
})

function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let largest = 0
  for (let i = 0; i < a.length; i++) largest = Math.max(largest, Math.abs(a[i] - b[i]))
  return largest
}
