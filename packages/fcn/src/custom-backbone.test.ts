import '@tensorflow/tfjs-backend-cpu'
import { type Backbone, coreLayers, LayerRegistry, ModelGeometry } from '@pixelwise/core'
import * as tf from '@tensorflow/tfjs-core'
import { input, layers, model, type SymbolicTensor } from '@tensorflow/tfjs-layers'
import { beforeAll, expect, test } from 'vitest'
import { fcn8s } from './fcn.js'
import { buildRecipe } from './recipes/build-recipe.js'
import { recipeRegistry } from './recipes/recipes.js'

beforeAll(async () => {
  await tf.setBackend('cpu')
})

test('any tfjs model with taps gets FCN-8s', () => {
  for (const upsampling of ['fixed', 'learned', 'resize'] as const) {
    const net = fcn8s(foreign(), { classes: 5, upsampling })
    for (const [height, width] of [
      [32, 32],
      [45, 71],
    ]) {
      const scores = tf.tidy(() => net.predict(tf.ones([1, height, width, 3])) as tf.Tensor)
      expect(scores.shape).toEqual([1, height, width, 5])
      scores.dispose()
    }
    expect(net.layers.filter(({ name }) => name.startsWith('score_b')).map(({ name }) => name)).toEqual(
      expect.arrayContaining(['score_b4', 'score_b3']),
    )
    net.dispose()
  }
})

test('a recipe finds it under the name of its own backbone', () => {
  const base = recipeRegistry().get('voc-fcn8s')
  const recipe = { ...base, net: { ...base.net, backbone: 'mine', classes: 3 } }
  const { model: net } = buildRecipe(recipe, { backbones: { get: () => () => foreign() } })
  expect(net.outputs[0].shape).toEqual([null, null, null, 3])
  net.dispose()
})

test('resizing is refused where a trunk is padded far beyond the image', () => {
  expect(() => fcn8s(foreign(40), { classes: 5, upsampling: 'resize' })).toThrow(
    'score_fr on foreign: its first cell is centred at pixel -40: resized scores are taken to begin with the image, so that of stride 32 should lie within 32 pixels of 15.5; build the backbone without pad, or upsample by "fixed" or "learned", which crop where the geometry says',
  )
})

/** Five strided convolutions of tfjs itself, and their outputs as taps. */
function foreign(pad = 0): Backbone {
  const image = input({ shape: [null, null, 3] })
  let x: SymbolicTensor = image
  const features: SymbolicTensor[] = []
  const extra = layers.zeroPadding2d({ padding: [pad + 1, pad + 1] })
  for (let i = 1; i <= 5; i++) {
    const padded = (i === 1 ? extra : layers.zeroPadding2d({ padding: [1, 1] })).apply(x) as SymbolicTensor
    const convolution = layers.conv2d({ filters: 4, kernelSize: 3, strides: 2, activation: 'relu', name: `b${i}` })
    x = convolution.apply(padded) as SymbolicTensor
    features.push(x)
  }
  const net = model({ inputs: image, outputs: features })
  const geometry = new ModelGeometry(net, { layers: new LayerRegistry(coreLayers) })
  return {
    name: 'foreign',
    model: net,
    taps: features.map((tensor, i) => ({ name: `b${i + 1}`, channels: 4, map: geometry.mapOf(tensor)! })),
    preprocessing: { inputKind: 'rgb', channelOrder: 'rgb', mean: [0, 0, 0], scale: [1, 1, 1] },
  }
}
