import '@tensorflow/tfjs-backend-cpu'
import '@tensorflow/tfjs-layers' // registers the gradients of tfjs
import * as tf from '@tensorflow/tfjs-core'
import { type Draw, kernelTests, type NamedKernelCase } from '../../test-support/kernel-tests.js'
import { poolingKernels } from './pooling.js'

type Pad = 'valid' | 'same' | number

/** tfjs wants a rule of rounding exactly where padding is a number. */
const rounding = (pad: Pad) => (typeof pad === 'number' ? 'floor' : undefined)

const cases: NamedKernelCase[] = (
  [
    [1, 'valid'],
    [2, 'same'],
    [3, 'valid'],
    [2, 1],
  ] as const
).flatMap(([stride, pad]): NamedKernelCase[] => [
  {
    name: `maxima, stride ${stride}, ${pad}`,
    inputs: [[2, 7, 8, 3]],
    run: (x) => tf.maxPool(x, [3, 2], stride, pad, rounding(pad)),
    gradients: [0],
  },
  {
    name: `means, stride ${stride}, ${pad}`,
    inputs: [[2, 7, 8, 3]],
    run: (x) => tf.avgPool(x, [3, 2], stride, pad, rounding(pad)),
    gradients: [0],
  },
])

const random = {
  'windows of any size': (draw: Draw) => {
    const size: [number, number] = [draw.whole(1, 3), draw.whole(1, 3)]
    const strides: [number, number] = [draw.whole(1, 3), draw.whole(1, 3)]
    const pad: Pad = draw.of(['valid', 'same', 'valid'] as const)
    const [batch, height, width, channels] = draw.shape(4)
    return {
      inputs: [[batch, height + 3, width + 3, channels]],
      run: (x: tf.Tensor4D) => [tf.maxPool(x, size, strides, pad), tf.avgPool(x, size, strides, pad)],
      gradients: [0],
    }
  },
  'maxima and their places': (draw: Draw) => {
    const [size, stride, inBatch] = [draw.whole(1, 3), draw.whole(1, 3), draw.of([true, false])]
    const [batch, height, width, channels] = draw.shape(4)
    return {
      inputs: [[batch, height + 3, width + 3, channels]],
      run: (x: tf.Tensor4D) => {
        const { result, indexes } = tf.maxPoolWithArgmax(x, size, stride, 'valid', inBatch)
        return [result, indexes]
      },
    }
  },
}

kernelTests(poolingKernels, cases, random)
