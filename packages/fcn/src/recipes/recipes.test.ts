import '@tensorflow/tfjs-backend-cpu'
import { backboneRegistry } from '@pixelwise/backbones'
import { CropLike, coreLayers, describeModel, LayerRegistry } from '@pixelwise/core'
import type { LayersModel } from '@tensorflow/tfjs-layers'
import { describe, expect, test } from 'vitest'
import { buildRecipe, multipliersOf, recipeSolver } from './build-recipe.js'
import type { Recipe } from './recipe.js'
import { listRecipes, recipeRegistry, recipes } from './recipes.js'
import { referenceRecipes } from './reference-recipes.js'

const backbones = backboneRegistry()
const layers = new LayerRegistry(coreLayers)
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
const offsets = { score: 19 }
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

// Caffe's sizes for square images: conv1_1, pool1 … pool5, fc6; then what each net's last upsampling covers.
describe('sizes are those of the published nets', () => {
  test.each([
    { size: 500, conv: 698, pools: [349, 175, 88, 44, 22], fc6: 16, covers: [544, 560, 568], spare: [25, 33, 37] },
    { size: 375, conv: 573, pools: [287, 144, 72, 36, 18], fc6: 12, covers: [416, 432, 440], spare: [22, 30, 34] },
    { size: 256, conv: 454, pools: [227, 114, 57, 29, 15], fc6: 9, covers: [320, 336, 344], spare: [45, 53, 57] },
    { size: 425, conv: 623, pools: [312, 156, 78, 39, 20], fc6: 14, covers: [480, 496, 504], spare: [36, 44, 48] },
    { size: 560, conv: 758, pools: [379, 190, 95, 48, 24], fc6: 18, covers: [608, 624, 632], spare: [29, 37, 41] },
    { size: 1, conv: 199, pools: [100, 50, 25, 13, 7], fc6: 1, covers: [64, 80, 88], spare: [44, 52, 56] },
  ])('$size pixels', ({ size, conv, pools, fc6, covers, spare }) => {
    for (const [i, stride] of [32, 16, 8].entries()) {
      const model = slim(`voc-fcn${stride}s`)
      const sizes = sizesOf(model, size)
      expect(sizes.conv1_1).toBe(conv)
      expect([1, 2, 3, 4, 5].map((level) => sizes[`pool${level}`])).toEqual(pools)
      expect(sizes.fc6).toBe(fc6)
      const last = sizes[stride === 32 ? 'upscore' : `upscore${stride}`]
      expect(last).toBe(covers[i])
      const crop = cropsOf[`voc-fcn${stride}s`].score
      expect(last - crop - size).toBe(spare[i])
      expect(sizes.score).toBe(size)
      if (size === 500 && stride === 8) {
        expect(sizes).toMatchObject({ upscore2: 34, score_pool4: 44, upscore_pool4: 70, score_pool3: 88 })
      }
      model.dispose()
    }
  })

  test('CaffeNet, 500 pixels', () => {
    const model = slim('voc-fcn-alexnet')
    const { conv1, pool1, conv2, pool2, conv5, pool5, fc6, score_fr, upscore, score } = sizesOf(model, 500)
    const sizes = [conv1, pool1, conv2, pool2, conv5, pool5, fc6, score_fr, upscore, score]
    expect(sizes).toEqual([173, 86, 86, 43, 43, 21, 16, 16, 543, 500])
    expect(upscore - 18 - 500).toBe(25)
    model.dispose()
  })
})

test('fusing two trunks at stride 16 averages two nets of stride 16', () => {
  const model = slim('nyud-fcn16s-color-hha')
  const names = model.layers.map(({ name }) => name)
  expect(names).toEqual(
    expect.arrayContaining(['conv1_1color', 'conv1_1hha', 'score_frcolor', 'score_frhha', 'score_fused', 'upscore2']),
  )
  expect(names).toEqual(
    expect.arrayContaining(['score_pool4color', 'score_pool4hha', 'score_pool4_fused', 'score_pool4_fusedc']),
  )
  expect(model.inputNames).toEqual(['color', 'hha'])
  model.dispose()
})

test('rules of weights: the first that fits, by name', () => {
  const fixed = multipliersOf(recipeRegistry().get('voc-fcn32s-fixed-batch20').solver.multipliers)
  expect(fixed('score_fr/kernel')).toEqual({})
  expect(fixed('score_fr/bias')).toEqual({ learningRate: 2, decay: 0 })
  expect(fixed('conv1_1/kernel')).toEqual({ learningRate: 0 })
  const alexnet = multipliersOf(recipeRegistry().get('voc-fcn-alexnet').solver.multipliers)
  expect(alexnet('conv1/bias')).toEqual({})
  const dotted = multipliersOf([{ weights: 'a.b/*', decay: 0 }])
  expect(dotted('a.b/kernel')).toEqual({ decay: 0 })
  expect(dotted('axb/kernel')).toEqual({})
})

test('steps are given, or follow from epochs', () => {
  const registry = recipeRegistry()
  expect(recipeSolver(registry.get('voc-fcn32s')).steps).toBe(100_000)
  expect(recipeSolver(registry.get('voc-fcn-vgg16-batch20')).steps).toBe(9730)
  expect(recipeSolver(registry.get('AtrousFCN_Resnet50_16s'), 8498).steps).toBe(Math.ceil((250 * 8498) / 16))
  expect(() => recipeSolver(registry.get('AtrousFCN_Resnet50_16s'))).toThrow(
    'AtrousFCN_Resnet50_16s trains for 250 epochs of an unknown number of examples: its steps follow from the number of examples; pass the length of the training split',
  )
})

test('an unknown recipe is refused with the nearest', () => {
  expect(() => slim('voc-fcn8')).toThrow(/^unknown recipe "voc-fcn8": known: .*; did you mean "voc-fcn8s"\?$/)
})

test('what is no recipe is refused', () => {
  // As from a file.
  for (const [wrong, said] of [
    [undefined, undefined],
    [{}, undefined],
    [{ net: { kind: 'fnc' } }, '"fnc"'],
  ]) {
    expect(() => buildRecipe(wrong as Recipe, { backbones })).toThrow(
      `a recipe whose net.kind is ${said}: a recipe is an object, and its net of the kind fcn, late-fusion, densenet-fcn, atrous-densenet; pass the name of a recipe, or a copy of one with other values: { ...recipeRegistry().get("voc-fcn8s"), name: "mine" }`,
    )
  }
})

test('a recipe of one’s own is a copy with other values', () => {
  const base = recipeRegistry().get('voc-fcn16s')
  const mine: Recipe = { ...base, name: 'mine', net: { ...base.net, classes: 3 } }
  const { model } = buildRecipe('mine', { backbones, width: 1 / 64, recipes: recipeRegistry(mine) })
  expect(model.outputs[0].shape).toEqual([null, null, null, 3])
  model.dispose()
})

/** Rows of every layer's output for a square image. */
function sizesOf(model: LayersModel, size: number): Record<string, number> {
  const inputShapes = [[1, size, size, 3]]
  const rows = describeModel(model, { layers, inputShapes })
  return Object.fromEntries(rows.map(({ name, shape }) => [name, shape[1] ?? Number.NaN]))
}
