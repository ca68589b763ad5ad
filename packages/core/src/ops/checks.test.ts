import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, test } from 'vitest'
import { useBackend } from '../backends/index.js'
import { checkFinite, checkLabels } from './index.js'

describe.each(['cpu', 'wasm'] as const)('on %s', (backend) => {
  beforeAll(async () => {
    await useBackend(backend)
  })

  test('finite tensors and labels within the classes pass, without a tensor left behind', async () => {
    const before = tf.memory().numTensors
    const x = tf.tensor([0, -1e38, 1e-40])
    const labels = tf.tensor3d([0, 20, 255, 3], [1, 2, 2], 'int32')
    await checkFinite(x, 'x')
    await checkLabels(labels, 21)
    tf.dispose([x, labels])
    expect(tf.memory().numTensors).toBe(before)
  })

  test('NaN and infinities are named with their place', async () => {
    const image = tf.tensor4d([1, 2, 3, 4, 5, Number.NaN], [1, 1, 2, 3])
    await expect(checkFinite(image, 'input image')).rejects.toThrow(
      'input image holds NaN at [0, 0, 1, 2]: every value must be a finite number; check the decoding and scaling of the input, or lower the learning rate if the value came from training',
    )
    const logits = tf.tensor2d([1, Number.NEGATIVE_INFINITY], [2, 1])
    await expect(checkFinite(logits, 'logits')).rejects.toThrow(/^logits holds -Infinity at \[1, 0\]: /)
  })

  test('labels outside the classes are named with their place', async () => {
    const labels = tf.tensor3d([0, 1, 255, 0, 0, 38, 0, 0], [2, 2, 2], 'int32')
    await expect(checkLabels(labels, 21)).rejects.toThrow(
      'label 38 at (0, 1) of image 1 of the batch: expected 0..20 or 255 (ignore); map the labels to the classes of the net, or give the net as many outputs as there are classes',
    )
    await expect(checkLabels(labels, 39, 0)).rejects.toThrow(
      /^label 255 at \(1, 0\) of image 0 .*expected 0\.\.38 or 0 \(ignore\)/,
    )
  })

  test('labels come as [N, H, W]', async () => {
    await expect(checkLabels(tf.zeros([2, 2], 'int32'), 21)).rejects.toThrow(
      'checkLabels: labels of shape [2, 2]: expected rank 3, [N, H, W]; reshape it, or add the missing axis with tf.expandDims',
    )
  })
})
