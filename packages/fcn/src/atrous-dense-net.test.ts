import '@tensorflow/tfjs-backend-cpu'
import { coreLayers, LayerRegistry, outputMaps } from '@pixelwise/core'
import * as tf from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import { atrousDenseNet } from './atrous-dense-net.js'

const small = { classes: 3, layers: [1, 2], growth: 2, channels: 5 }

test.each([
  [1, 1],
  [7, 10],
])('scores every pixel of %i×%i, without ever losing one', async (height, width) => {
  await tf.setBackend('cpu')
  const model = atrousDenseNet(small)
  expect((model.predict(tf.ones([1, height, width, 3])) as tf.Tensor).shape).toEqual([1, height, width, 3])
  const strides = model.layers.map(({ outputShape }) => (outputShape as number[]).slice(1, 3))
  expect(new Set(strides.map(String))).toEqual(new Set([',']))
  model.dispose()
})

test('transitions keep half of the channels', () => {
  const model = atrousDenseNet(small)
  expect(model.getLayer('transition1').outputShape).toEqual([null, null, null, 3])
  model.dispose()
})

test('a dilation widens transitions that are larger than a cell, and no others', () => {
  const seen = (transition: { kernel: number; dilation: number }) => {
    const model = atrousDenseNet({ ...small, transition })
    const [map] = outputMaps(model, { layers: new LayerRegistry(coreLayers) })
    model.dispose()
    return map?.rows.kernel
  }
  // conv0 and the 3×3 of three layers.
  expect(seen({ kernel: 1, dilation: 1 })).toBe(9)
  expect(seen({ kernel: 1, dilation: 2 })).toBe(9)
  expect(seen({ kernel: 3, dilation: 2 })).toBe(13)
})

test('what makes no net is refused', () => {
  expect(() => atrousDenseNet({ classes: 3, layers: [] })).toThrow(
    'atrousDenseNet with layers []: there are blocks, each of at least one layer; pass [6, 12, 24, 16] for the layers of DenseNet-121',
  )
  expect(() => atrousDenseNet({ ...small, transition: { kernel: 2, dilation: 1 } })).toThrow(
    'atrousDenseNet with transitions of kernel 2, dilated by 1: the kernel is an odd number of cells, so that the size stays, and the dilation a whole number, at least 1; pass { kernel: 1, dilation: 1 }, or { kernel: 3, dilation: 2 } for transitions that look around',
  )
})
