import '@tensorflow/tfjs-backend-cpu'
import '@tensorflow/tfjs-backend-wasm'
import { backboneRegistry, vgg16 } from '@pixelwise/backbones'
import { Rng } from '@pixelwise/core'
import * as tf from '@tensorflow/tfjs-core'
import type { LayersModel } from '@tensorflow/tfjs-layers'
import { beforeAll, expect, test } from 'vitest'
import { fcn16s, fcn32s } from '../fcn.js'
import { lateFusion } from '../late-fusion.js'
import { buildRecipe } from './build-recipe.js'
import { initialise } from './initialise.js'
import { recipeRegistry } from './recipes.js'

const width = 1 / 64
const backbones = backboneRegistry()
const recipe = (name: string) => recipeRegistry().get(name)

beforeAll(async () => {
  await tf.setBackend('wasm')
  await tf.ready()
})

test('early fusion: filters of colour as they were, those of depth their mean', () => {
  const { model } = buildRecipe('nyud-fcn32s-color-d', { backbones, width })
  const trunk = vgg16({ width, seed: 1 }).model
  const taken = initialise(model, trunk, recipe('nyud-fcn32s-color-d').initialisation[0])
  expect(taken).toContain('conv1_1_bgrd')
  expect(taken).not.toContain('score_fr')
  const [filter, bias] = weightsOf(model, 'conv1_1_bgrd')
  const [colour, colourBias] = weightsOf(trunk, 'conv1_1')
  expect(bias).toEqual(colourBias)
  expect(filter).toHaveLength((colour.length / 3) * 4)
  const filters = colourBias.length
  for (let cell = 0; cell < 9; cell++) {
    for (let f = 0; f < filters; f++) {
      const at = (c: number) => colour[(cell * 3 + c) * filters + f]
      for (let c = 0; c < 3; c++) expect(filter[(cell * 4 + c) * filters + f]).toBe(at(c))
      expect(filter[(cell * 4 + 3) * filters + f]).toBeCloseTo((at(0) + at(1) + at(2)) / 3, 7)
    }
  }
})

test('late fusion starts as the mean of its two nets', () => {
  const { model, recipe } = buildRecipe('nyud-fcn32s-color-hha', { backbones, width })
  const single = [5, 6].map((seed) => scattered(fcn32s(vgg16({ width, pad: 100, seed }), { classes: 40 }), seed))
  for (const [i, origin] of recipe.initialisation.entries()) initialise(model, single[i], origin)
  const images = [1, 2].map((seed) => noise([1, 37, 41, 3], seed))
  const [a, b] = single.map((net, i) => net.predict(images[i]) as tf.Tensor4D)
  const fused = model.predict(images) as tf.Tensor4D
  expect(largest(a)).toBeGreaterThan(1e-2)
  // Averaging before the interpolation or after it: sums of a few float32 numbers in another order.
  expect(largest(tf.sub(fused, tf.mul(tf.add(a, b), 0.5))) / largest(a)).toBeLessThan(1e-5)
})

test('late fusion at stride 16 is the mean of two nets of stride 16', () => {
  const options = { classes: 4, stride: 16 } as const
  const trunks = [5, 6].map((seed) => vgg16({ width, pad: 100, seed }))
  const single = trunks.map((trunk, i) => scattered(fcn16s(trunk, options), i))
  const fusion = lateFusion({ color: trunks[0], hha: trunks[1] }, options)
  for (const [i, suffix] of ['color', 'hha'].entries()) initialise(fusion, single[i], { suffix })
  const images = [1, 2].map((seed) => noise([1, 37, 41, 3], seed))
  const [a, b] = single.map((net, i) => net.predict(images[i]) as tf.Tensor4D)
  const fused = fusion.predict(images) as tf.Tensor4D
  // Averaging before the interpolation or after it: sums of a few float32 numbers in another order.
  expect(largest(tf.sub(fused, tf.mul(tf.add(a, b), 0.5))) / largest(a)).toBeLessThan(1e-5)
})

test('what does not go in is refused by name', () => {
  const coarse = fcn32s(vgg16({ width, pad: 100 }), { classes: 2 })
  const wide = fcn32s(vgg16({ width: 1 / 32, pad: 100 }), { classes: 2 })
  expect(() => initialise(coarse, wide)).toThrow(
    'conv2_1 has weights [3,3,2,2] [2], conv2_1 of the origin [3,3,2,4] [4]: layers that take weights have those of the origin, or more input channels where they are to be widened; build both nets with the same width and classes, or rename the layer so that it keeps its own',
  )
  expect(() => initialise(coarse, wide, { suffix: 'color' })).toThrow(
    'no layer of fcn32s-vgg16 is called as one of fcn32s-vgg16 with the ending "color": layers find their weights by name; pass the net that the recipe names as its origin, or names and suffix that fit',
  )
})

/** A net whose scorers are drawn, as if it had been trained. */
function scattered(net: LayersModel, seed: number): LayersModel {
  for (const layer of net.layers.filter(({ name, weights }) => name.startsWith('score') && weights.length > 0)) {
    layer.setWeights(layer.getWeights().map(({ shape }) => noise(shape, seed)))
  }
  return net
}

function weightsOf(net: LayersModel, layer: string): Float32Array[] {
  return net
    .getLayer(layer)
    .getWeights()
    .map((weight) => weight.dataSync() as Float32Array)
}

function largest(x: tf.Tensor): number {
  return tf.max(tf.abs(x)).dataSync()[0]
}

function noise(shape: number[], seed: number): tf.Tensor {
  const rng = new Rng(seed)
  const size = shape.reduce((product, length) => product * length, 1)
  return tf.tensor(
    Float32Array.from({ length: size }, () => rng.normal(0, 1)),
    shape,
  )
}
