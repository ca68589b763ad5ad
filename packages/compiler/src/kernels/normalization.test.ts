import '@tensorflow/tfjs-backend-cpu'
import '@tensorflow/tfjs-layers' // registers the gradients of tfjs
import * as tf from '@tensorflow/tfjs-core'
import { type Draw, kernelTests, type NamedKernelCase } from '../../test-support/kernel-tests.js'
import { normalizationKernels } from './normalization.js'

const map = [2, 5, 6, 3]

const cases: NamedKernelCase[] = [
  {
    name: 'local response normalisation',
    inputs: [[2, 3, 4, 7]],
    run: (x) => tf.localResponseNormalization(x, 2, 1.5, 0.3, 0.6),
    gradients: [0],
  },
  ...[0.5, 0.6, 0.75, 1].map(
    (beta): NamedKernelCase => ({
      name: `local response normalisation by ONNX's own operator, to the power of ${beta}`,
      inputs: [[2, 3, 4, 7]],
      run: (x) => tf.localResponseNormalization(x, 2, 1.5, 0.3, beta),
      options: () => ({ portable: true }),
    }),
  ),
  {
    name: 'batch normalisation',
    inputs: [map, [3], [3], [3]],
    run: (x, mean, scale, offset) => tf.batchNorm(x, mean, tf.tensor1d([0.5, 1, 2]), offset, scale, 0.01),
    gradients: [0, 1, 2, 3],
  },
  {
    name: 'batch normalisation without scale',
    inputs: [map, [3]],
    run: (x, mean) => tf.batchNorm(x, mean, tf.tensor1d([0.5, 1, 2])),
  },
]

const random = {
  'local responses': (draw: Draw) => {
    const [radius, bias, alpha, beta] = [
      draw.whole(1, 3),
      draw.of([1, 2]),
      draw.of([1e-4, 0.5]),
      draw.of([0.5, 0.75, 1]),
    ]
    return {
      inputs: [draw.shape(4)],
      run: (x: tf.Tensor4D) => tf.localResponseNormalization(x, radius, bias, alpha, beta),
      gradients: [0],
    }
  },
  'moments of any shape': (draw: Draw) => {
    const shape = draw.shape(draw.whole(2, 4))
    const moments = draw.of([[shape[shape.length - 1]], shape])
    return {
      inputs: [shape, moments, moments, moments, moments],
      run: (x: tf.Tensor4D, mean: tf.Tensor4D, variance: tf.Tensor4D, offset: tf.Tensor4D, scale: tf.Tensor4D) =>
        tf.batchNorm(x, mean, tf.add(tf.square(variance), 0.1), offset, scale),
    }
  },
  'moments of the batch, with gradients': (draw: Draw) => {
    const shape = draw.shape(4).map((length) => length + 1)
    const channels = [shape[3]]
    return {
      inputs: [shape, channels, channels],
      run: (x: tf.Tensor4D, offset: tf.Tensor1D, scale: tf.Tensor1D) => {
        const { mean, variance } = tf.moments(x, [0, 1, 2])
        return tf.batchNorm(x, mean as tf.Tensor1D, variance as tf.Tensor1D, offset, scale, 0.01)
      },
      gradients: [0, 1, 2],
      tolerance: 2e-5, // gradients of moments cancel
    }
  },
}

kernelTests(normalizationKernels, cases, random)
