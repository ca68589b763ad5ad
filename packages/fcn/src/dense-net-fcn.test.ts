import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import { denseNetFcn } from './dense-net-fcn.js'

test.each([
  [8, 8],
  [9, 15],
  [23, 30],
])('scores every pixel of %i×%i', async (height, width) => {
  await tf.setBackend('cpu')
  const model = denseNetFcn({ classes: 3, layers: [1, 2, 1, 2], growth: 2, channels: 2 })
  expect((model.predict(tf.ones([1, height, width, 3])) as tf.Tensor).shape).toEqual([1, height, width, 3])
  model.dispose()
})

test('layers that make no net are refused', () => {
  expect(() => denseNetFcn({ classes: 3, layers: [4] })).toThrow(
    'denseNetFcn with layers [4]: there are blocks on the way down and one in the middle, each of at least one layer; pass [4, 5, 7, 10, 12, 15] for FC-DenseNet103',
  )
})
