import '@tensorflow/tfjs-backend-cpu'
import { backboneLayers, backboneRegistry } from '@pixelwise/backbones'
import { CropLike, coreLayers, describeModel, LayerRegistry } from '@pixelwise/core'
import type { LayersModel } from '@tensorflow/tfjs-layers'
import { describe, expect, test } from 'vitest'
import { buildRecipe, multipliersOf, recipeSolver } from './build-recipe.js'
import type { Recipe } from './recipe.js'
import { listRecipes, recipeRegistry, recipes } from './recipes.js'
import { referenceRecipes } from './reference-recipes.js'

const backbones = backboneRegistry()
const layers = new LayerRegistry(coreLayers, backboneLayers)
const slim = (name: string) => buildRecipe(name, { backbones, width: 1 / 64 }).model

test('the 15 nets of the reference code are there by name, and more beside them', () => {
  expect(referenceRecipes).toHaveLength(15)
  expect(new Set(recipes.map(({ name }) => name)).size).toBe(recipes.length)
  expect(listRecipes()[0]).toEqual({
    name: 'voc-fcn32s',
    summary: 'FCN-32s on VGG-16, PASCAL VOC, 21 classes',
    source: 'fcn.berkeleyvision.org, voc-fcn32s',
  })
})

test.each(recipes)('$name is data, and each of its origins is a recipe or a backbone', (recipe) => {
  expect(JSON.parse(JSON.stringify(recipe))).toEqual(recipe)
  const names = recipeRegistry()
  for (const { from } of recipe.initialisation) expect(names.has(from) || backbones.has(from)).toBe(true)
})

// Typed into the published prototxts; here they are solved.
const offsets: Record<string, number> = { score: 19 }
const offsets16 = { score_pool4c: 5, score: 27 }
const offsets8 = { score_pool4c: 5, score_pool3c: 9, score: 31 }
const twice = (crops: Record<string, number>) =>
  Object.fromEntries(
    ['sem', 'geo'].flatMap((head) =>
      Object.entries(crops).map(([name, offset]) => [name.replace(/c?$/, (c) => `_${head}${c}`), offset]),
    ),
  )
const cropsOf: Record<string, Record<string, number>> = {
  'voc-fcn32s': offsets,
  'voc-fcn16s': offsets16,
  'voc-fcn8s': offsets8,
  'voc-fcn8s-atonce': offsets8,
  'voc-fcn-alexnet': { score: 18 },
  'nyud-fcn32s-color': offsets,
  'nyud-fcn32s-color-d': offsets,
  'nyud-fcn32s-hha': offsets,
  'nyud-fcn32s-color-hha': offsets,
  'siftflow-fcn32s': twice(offsets),
  'siftflow-fcn16s': twice(offsets16),
  'siftflow-fcn8s': twice(offsets8),
  'pascalcontext-fcn32s': offsets,
  'pascalcontext-fcn16s': offsets16,
  'pascalcontext-fcn8s': offsets8,
}

test.each(referenceRecipes)('$name crops where the published net does', ({ name }) => {
  const model = slim(name)
  const crops = model.layers.filter((layer) => layer instanceof CropLike)
  expect(Object.fromEntries(crops.map((crop) => [crop.name, crop.config.offset]))).toEqual(
    Object.fromEntries(Object.entries(cropsOf[name]).map(([crop, offset]) => [crop, [offset, offset]])),
  )
  model.dispose()
})
