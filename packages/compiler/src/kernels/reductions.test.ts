import '@tensorflow/tfjs-backend-cpu'
import '@tensorflow/tfjs-layers' // registers the gradients of tfjs
import * as tf from '@tensorflow/tfjs-core'
import { type Draw, kernelTests, type NamedKernelCase } from '../../test-support/kernel-tests.js'
import { reductionKernels } from './reductions.js'

const map = [2, 5, 6, 3]
const logical = (x: tf.Tensor) => tf.greater(x, 0)

const cases: NamedKernelCase[] = [
  ...[[0], [3], [1, 2], [2], [0, 1, 2, 3]].flatMap((axis) =>
    [true, false].flatMap((keep): NamedKernelCase[] => [
      {
        name: `sum, mean over ${axis}, keep ${keep}`,
        inputs: [map],
        run: (x) => tf.add(tf.sum(tf.maxPool(x, 1, 1, 'valid'), axis, keep), tf.mean(x, axis, keep)),
        gradients: [0],
      },
      {
        name: `max, min, prod over ${axis}, keep ${keep}`,
        inputs: [map],
        run: (x) => [tf.max(tf.maxPool(x, 1, 1, 'valid'), axis, keep), tf.min(x, axis, keep), tf.prod(x, axis, keep)],
      },
      {
        name: `all, any over ${axis}, keep ${keep}`,
        inputs: [map],
        run: (x) => [tf.all(logical(tf.add(x, 0.8)), axis, keep), tf.any(logical(x), axis, keep)],
      },
    ]),
  ),
  {
    name: 'positions',
    inputs: [map],
    run: (x) => [
      tf.argMax(x, 3),
      tf.argMin(x, 1),
      tf.argMax(tf.maxPool(x, 1, 1, 'valid'), -1),
      tf.argMax(tf.zerosLike(x), 2),
    ],
  },
  { name: 'softmax', inputs: [map], run: (x) => tf.softmax(x), gradients: [0] },
  {
    name: 'softmax of channels first',
    inputs: [map],
    run: (x) => tf.softmax(tf.maxPool(x, 1, 1, 'valid')),
    gradients: [0],
  },
  { name: 'log softmax', inputs: [map], run: (x) => tf.logSoftmax(x), gradients: [0] },
  { name: 'cumulative sums', inputs: [map], run: (x) => [tf.cumsum(x, 1), tf.cumsum(x, 2, true, true)] },
]

const random = {
  'sums and means': (draw: Draw) => {
    const shape = draw.shape(draw.whole(1, 5), 5)
    const [axes, keep] = [draw.axes(shape.length), draw.of([true, false])]
    return {
      inputs: [shape],
      run: (x: tf.Tensor) => [tf.sum(x, axes, keep), tf.mean(x, axes, keep), tf.logSumExp(x, axes, keep)],
      gradients: [0],
    }
  },
  'extremes with their gradients': (draw: Draw) => {
    const shape = draw.shape(draw.whole(1, 4), 5)
    const [axes, keep] = [draw.axes(shape.length), draw.of([true, false])]
    return { inputs: [shape], run: (x: tf.Tensor) => [tf.max(x, axes, keep), tf.min(x, axes, keep)], gradients: [0] }
  },
  'products, all and any': (draw: Draw) => {
    const shape = draw.shape(draw.whole(1, 4), 4)
    const [axes, keep] = [draw.axes(shape.length), draw.of([true, false])]
    return {
      inputs: [shape],
      run: (x: tf.Tensor) => [tf.prod(x, axes, keep), tf.all(logical(x), axes, keep), tf.any(logical(x), axes, keep)],
    }
  },
  positions: (draw: Draw) => {
    const shape = draw.shape(draw.whole(1, 4))
    const axis = draw.whole(0, shape.length - 1)
    return { inputs: [shape], run: (x: tf.Tensor) => [tf.argMax(x, axis), tf.argMin(x, axis)] }
  },
  'the largest few': (draw: Draw) => {
    const shape = draw.shape(draw.whole(1, 3))
    const k = draw.whole(1, shape[shape.length - 1])
    return {
      inputs: [shape],
      run: (x: tf.Tensor) => {
        const { values, indices } = tf.topk(tf.round(tf.mul(x, 4)), k) // equal ones too
        return [values, indices]
      },
    }
  },
  'softmax and its logarithm': (draw: Draw) => ({
    inputs: [draw.shape(draw.whole(1, 4))],
    run: (x: tf.Tensor) => [tf.softmax(tf.mul(x, 5)), tf.logSoftmax(tf.mul(x, 5))],
    gradients: [0],
  }),
  'cumulative sums': (draw: Draw) => {
    const shape = draw.shape(draw.whole(1, 4))
    const [axis, exclusive, reverse] = [draw.whole(0, shape.length - 1), draw.of([true, false]), draw.of([true, false])]
    return {
      inputs: [shape],
      run: (x: tf.Tensor) => tf.cumsum(x, axis, exclusive, reverse),
      gradients: axis === shape.length - 1 ? [0] : [], // tfjs turns other axes into the wrong order
    }
  },
}

kernelTests(reductionKernels, cases, random)
