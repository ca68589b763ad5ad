import '@tensorflow/tfjs-backend-cpu'
import '@tensorflow/tfjs-layers' // registers the gradients of tfjs
import * as tf from '@tensorflow/tfjs-core'
import { type Draw, kernelTests, type NamedKernelCase } from '../../test-support/kernel-tests.js'
import { valueKernels } from './values.js'

const map = [2, 5, 6, 3]

const cases: NamedKernelCase[] = [
  { name: 'ones like, zeros like', inputs: [map], run: (x) => [tf.onesLike(x), tf.zerosLike(x)] },
  {
    name: 'one hot',
    inputs: [map],
    run: (x) => [tf.oneHot(tf.argMax(x, 3), 4), tf.oneHot(tf.argMax(x, 1), 5, 0.5, -1, 'float32')],
  },
  {
    name: 'new tensors',
    inputs: [[3]],
    run: (x) => [tf.add(tf.fill([40, 40, 3], 2), x), tf.mul(tf.range(1, 4, 1), x), tf.fill([2], 7, 'int32')],
  },
]

const random = {
  'tensors of one number': (draw: Draw) => {
    const [shape, number] = [draw.shape(draw.whole(0, 4), 40), draw.whole(-3, 3)]
    return {
      inputs: [shape],
      run: (x: tf.Tensor) => [tf.zerosLike(x), tf.onesLike(x), tf.mul(tf.fill(shape, number), x)],
    }
  },
  'one-hot numbers': (draw: Draw) => {
    const [depth, shape] = [draw.whole(2, 5), draw.shape(draw.whole(1, 3))]
    return {
      inputs: [shape],
      run: (x: tf.Tensor) => tf.oneHot(tf.cast(tf.mul(tf.abs(x), depth + 1), 'int32'), depth, 2, -0.5, 'float32'),
    }
  },
  sequences: (draw: Draw) => {
    const [start, count] = [draw.whole(-5, 5), draw.whole(2, 9)]
    return {
      inputs: [[count]],
      run: (x: tf.Tensor) => [tf.mul(x, tf.range(start, start + count)), tf.mul(x, tf.linspace(start, 7, count))],
    }
  },
}

kernelTests(valueKernels, cases, random)
