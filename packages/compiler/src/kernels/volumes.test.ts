import '@tensorflow/tfjs-backend-cpu'
import '@tensorflow/tfjs-layers' // registers the gradients of tfjs
import * as tf from '@tensorflow/tfjs-core'
import { type Draw, type KernelCase, kernelTests } from '../../test-support/kernel-tests.js'
import { volumeKernels } from './volumes.js'

const volume = (draw: Draw) => {
  const [batch, ...cells] = draw.shape(4, 4)
  return [Math.min(batch, 2), ...cells.map((length) => length + 2), draw.whole(1, 3)]
}

function pooled(draw: Draw, pool: typeof tf.maxPool3d): KernelCase {
  const [stride, pad] = [draw.whole(1, 2), draw.of(['valid', 'same'] as const)]
  const size = draw.whole(stride, 3)
  return { inputs: [volume(draw)], run: (x) => pool(x, size, stride, pad), gradients: [0] }
}

const random = {
  'convolution of volumes': (draw: Draw): KernelCase => {
    const x = volume(draw)
    const [stride, pad] = [draw.whole(1, 2), draw.of(['valid', 'same'] as const)]
    const taps = draw.shape(3, 2).map((length) => length + stride - 1)
    return {
      inputs: [x, [...taps, x[4], draw.whole(1, 3)]],
      run: (image, filter) => tf.conv3d(image, filter, stride, pad),
      gradients: [0, 1],
    }
  },
  'maxima of volumes': (draw: Draw) => pooled(draw, tf.maxPool3d),
  'means of volumes': (draw: Draw) => pooled(draw, tf.avgPool3d),
}

kernelTests(volumeKernels, [], random)
