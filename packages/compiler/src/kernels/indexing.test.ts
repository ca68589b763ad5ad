import '@tensorflow/tfjs-backend-cpu'
import '@tensorflow/tfjs-layers' // registers the gradients of tfjs
import * as tf from '@tensorflow/tfjs-core'
import { type Draw, kernelTests, type NamedKernelCase } from '../../test-support/kernel-tests.js'
import { indexingKernels } from './indexing.js'

const map = [2, 5, 6, 3]

const cases: NamedKernelCase[] = [
  { name: 'gather', inputs: [map], run: (x) => tf.gather(x, tf.tensor1d([4, 0, 4], 'int32'), 1) },
  {
    name: 'gather and scatter',
    inputs: [[4, 3]],
    run: (x) => [
      tf.gatherND(
        x,
        tf.tensor2d(
          [
            [3, 1],
            [0, 2],
          ],
          [2, 2],
          'int32',
        ),
      ),
      tf.scatterND(tf.tensor2d([[1], [5], [1], [2]], [4, 1], 'int32'), x, [7, 3]),
    ],
  },
]

/** Whole numbers from 0 to below a length, from the uniform values in [−1, 1). */
const positions = (x: tf.Tensor, length: number) =>
  tf.minimum(tf.cast(tf.mul(tf.abs(x), length), 'int32'), tf.scalar(length - 1, 'int32'))

const random = {
  'pieces along an axis, and their gradient': (draw: Draw) => {
    const shape = draw.shape(draw.whole(1, 4))
    const axis = draw.whole(0, shape.length - 1)
    return {
      inputs: [shape, [draw.whole(1, 7)]],
      run: (x: tf.Tensor, i: tf.Tensor) => tf.gather(x, positions(i, shape[axis]) as tf.Tensor1D, axis),
      gradients: [0],
    }
  },
  'pieces of each batch': (draw: Draw) => {
    const shape = draw.shape(draw.whole(2, 4))
    const batchDims = draw.whole(1, shape.length - 1)
    const axis = draw.whole(batchDims, shape.length - 1)
    return {
      inputs: [shape, [...shape.slice(0, batchDims), ...draw.shape(draw.whole(1, 2), 4)]],
      run: (x: tf.Tensor, i: tf.Tensor) => tf.gather(x, positions(i, shape[axis]), axis, batchDims),
    }
  },
  'elements and slices by their coordinates': (draw: Draw) => {
    const shape = draw.shape(draw.whole(1, 3))
    const depth = draw.whole(1, shape.length)
    const updates = [5, ...shape.slice(depth)]
    return {
      inputs: [shape, [5, depth], updates],
      run: (x: tf.Tensor, i: tf.Tensor, u: tf.Tensor) => {
        const at = tf.concat(
          shape.slice(0, depth).map((length, axis) => positions(tf.slice(i, [0, axis], [5, 1]), length)),
          1,
        )
        return [tf.gatherND(x, at), tf.scatterND(at, u, shape)]
      },
    }
  },
  'values laid over a tensor': (draw: Draw) => {
    const shape = [draw.whole(5, 8), ...draw.shape(draw.whole(0, 2))]
    const rows = tf.tensor2d(
      draw.shuffled([0, 1, 2, 3, 4]).map((row) => [row]),
      [5, 1],
      'int32',
    )
    return {
      inputs: [shape, [5, ...shape.slice(1)]],
      run: (x: tf.Tensor, u: tf.Tensor) => tf.tensorScatterUpdate(x, rows, u),
    }
  },
  'sums of segments, some of which count nowhere': (draw: Draw) => {
    const shape = draw.shape(draw.whole(1, 3))
    return {
      inputs: [shape, [shape[0]]],
      run: (x: tf.Tensor, i: tf.Tensor) =>
        tf.unsortedSegmentSum(x, tf.cast(tf.floor(tf.mul(i, 4)), 'int32') as tf.Tensor1D, 3),
    }
  },
}

kernelTests(indexingKernels, cases, random)
