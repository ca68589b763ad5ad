import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { type Draw, type KernelCase, kernelTests } from '../../test-support/kernel-tests.js'
import { countingKernels } from './counting.js'

/** Whole numbers from 0 to 6. */
const numbers = (x: tf.Tensor) => tf.cast(tf.mul(tf.abs(x), 6.9), 'int32')

const random = {
  'numbers of a list': (draw: Draw): KernelCase => {
    const shape = draw.shape(1)
    const [weighted, size] = [draw.of([true, false]), draw.of([4, 7])]
    return {
      inputs: [shape, shape],
      run: (x, weights) => tf.bincount(numbers(x) as tf.Tensor1D, weighted ? weights : tf.tensor1d([]), size),
    }
  },
  'numbers of rows': (draw: Draw): KernelCase => {
    const shape = draw.shape(draw.of([1, 2]))
    const [weighted, binary, size] = [draw.of([true, false]), draw.of([true, false]), draw.whole(3, 8)]
    return {
      inputs: [shape, shape],
      run: (x, weights) =>
        tf.denseBincount(numbers(x) as tf.Tensor1D, weighted ? weights : tf.tensor1d([]), size, binary),
    }
  },
  'cumulative products': (draw: Draw): KernelCase => {
    const shape = draw.shape(draw.whole(1, 4), 9)
    const [axis, exclusive, reverse] = [draw.whole(0, shape.length - 1), draw.of([true, false]), draw.of([true, false])]
    return { inputs: [shape], run: (x) => tf.cumprod(x, axis, exclusive, reverse) }
  },
  diagonals: (draw: Draw): KernelCase => ({ inputs: [draw.shape(draw.whole(1, 2))], run: (x) => tf.diag(x) }),
  'places in sorted rows': (draw: Draw): KernelCase => {
    const [batch, length, count] = draw.shape(3)
    const side = draw.of(['left', 'right'] as const)
    return {
      inputs: [
        [batch, length],
        [batch, count],
      ],
      run: (row, values) => tf.searchSorted(tf.cumsum(tf.round(tf.abs(row)), 1), tf.round(tf.mul(values, 3)), side),
    }
  },
}

kernelTests(countingKernels, [], random)
