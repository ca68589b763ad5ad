import '@tensorflow/tfjs-backend-cpu'
import '@tensorflow/tfjs-backend-wasm'
import { backboneRegistry } from '@pixelwise/backbones'
import { importCaffe, memoryBytes, readCaffemodel, transplantWeights, type WeightSource } from '@pixelwise/caffe-import'
import { bilinearFilter1d } from '@pixelwise/core'
import * as tf from '@tensorflow/tfjs-core'
import type { LayersModel } from '@tensorflow/tfjs-layers'
import { beforeAll, expect, test } from 'vitest'
import { inputValues, type NetCase, slimNets } from '../../../caffe-import/test-support/net-cases.js'
import { randomWeights } from '../../../caffe-import/test-support/random-weights.js'
import { type LayerToWrite, writeCaffemodel } from '../../../caffe-import/test-support/write-caffemodel.js'
import { buildRecipe } from './build-recipe.js'
import type { HeadNet, LateFusionNet } from './recipe.js'
import { recipeRegistry } from './recipes.js'
import { referenceRecipes } from './reference-recipes.js'

// The published prototxts at a sixteenth of their widths, imported; that the importer gives what OpenCV gives for the very
// same nets is tested in caffe-import. Here one caffemodel goes into both nets.
const publishedNets = slimNets.filter(({ name }) => name.endsWith('/train')).map(withFewClasses)
const backbones = backboneRegistry()
const size = [33, 45] as const

beforeAll(async () => {
  await tf.setBackend('wasm')
  await tf.ready()
})

test('there is a recipe for every published net', () => {
  expect(publishedNets.map(({ name }) => name.split('/')[0])).toEqual(referenceRecipes.map(({ name }) => name))
})

test.each(publishedNets.map((net) => [net.name.split('/')[0], net] as const))(
  '%s is the published net: its weights go in by name, and its scores come out',
  (name, net) => {
    const weights = caffemodelOf(net)
    const imported = importCaffe(importOptions(net, weights)).model
    const recipe = recipeRegistry().get(name)
    const classes = typeof recipe.net.classes === 'number' ? 4 : { sem: 4, geo: 3 }
    // All of the reference code's nets are heads upon trunks.
    const net16 = { ...(recipe.net as HeadNet | LateFusionNet), classes }
    const { model } = buildRecipe({ ...recipe, net: net16 }, { backbones, width: 1 / 16 })
    const { kept, unused } = transplantWeights(model, weights)
    expect(kept).toEqual([])
    // Fixed interpolation has no weights here.
    expect(unused.filter((layer) => !layer.startsWith('up'))).toEqual([])
    const expected = scoresOf(imported, net, false)
    const found = scoresOf(model, net, true)
    for (const [i, scores] of expected.entries()) {
      expect(found[i].shape).toEqual(scores.shape)
      const largest = tf.max(tf.abs(scores)).dataSync()[0]
      expect(largest).toBeGreaterThan(1e-3)
      expect(tf.max(tf.abs(tf.sub(found[i], scores))).dataSync()[0] / largest).toBeLessThan(1e-5)
    }
    imported.dispose()
    model.dispose()
  },
)

/** The published filters of upsampling are of size classes² · 64²; that they are many changes nothing else. */
function withFewClasses(net: NetCase): NetCase {
  const fewer = (text: string) => text.replaceAll(/num_output: (21|33|40|60)\b/g, 'num_output: 4')
  return { ...net, text: fewer(net.text), deploy: fewer(net.deploy) }
}

/** Random weights, but upsampling as published: bilinear on the diagonal. */
function caffemodelOf(net: NetCase): WeightSource {
  const layers = randomWeights({ net: net.deploy }).map((layer) =>
    layer.type === 'Deconvolution' ? interpolating(layer) : layer,
  )
  return readCaffemodel(memoryBytes(writeCaffemodel(layers)))
}

function interpolating(layer: LayerToWrite): LayerToWrite {
  const [classes, , height, width] = layer.blobs[0].shape
  const [rows, columns] = [height, width].map((length) => bilinearFilter1d(length))
  const values = new Float32Array(classes * classes * height * width)
  for (let c = 0; c < classes; c++) {
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) values[((c * classes + c) * height + y) * width + x] = rows[y] * columns[x]
    }
  }
  return { ...layer, blobs: [{ ...layer.blobs[0], values }] }
}

function importOptions(net: NetCase, weights: WeightSource) {
  const inputs = Object.fromEntries(net.inputs.map(([name, channels]) => [name, [channels] as const]))
  return { net: net.text, name: net.name, weights, inputs }
}

/** Early fusion takes colour and depth as one image of four channels; the published net joins them itself. */
function scoresOf(model: LayersModel, net: NetCase, joined: boolean): tf.Tensor4D[] {
  const images = net.inputs.map(([name, channels]) =>
    tf.transpose(tf.tensor4d(inputValues(name, channels, size), [1, channels, ...size]), [0, 2, 3, 1]),
  )
  const isEarly = joined && model.inputs.length < images.length
  return [model.predict(isEarly ? tf.concat(images, 3) : images)].flat() as tf.Tensor4D[]
}
