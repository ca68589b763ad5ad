// Scores the two heads of the nets in runs/ on images that none has seen, before and after training, and draws both.
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { backboneRegistry } from '@pixelwise/backbones'
import { compiledEngine } from '@pixelwise/compiler/node'
import { coreLayers, LayerRegistry, PixelwiseError, useBackend } from '@pixelwise/core'
import { loadModel } from '@pixelwise/core/node'
import { encodePng, siftFlowGeometricClasses } from '@pixelwise/datasets'
import { openSiftFlow } from '@pixelwise/datasets/node'
import { buildRecipe, recipeBatch, recipeRegistry } from '@pixelwise/fcn'
import { ConfusionMatrix } from '@pixelwise/metrics'
import { colourize, mosaic } from '@pixelwise/visuals'
import { argMax, dispose } from '@tensorflow/tfjs-core'

const options = optionsOf({
  root: { type: 'string', default: 'data' },
  run: { type: 'string', default: 'runs/fcn16s' },
  out: { type: 'string', default: 'results' },
})

try {
  await useBackend('cpu') // only holds the weights: ONNX Runtime computes
  await compare()
} catch (error) {
  console.error(error instanceof PixelwiseError ? `error: ${error.message}` : error)
  process.exitCode = 1
}

async function compare() {
  const data = await openSiftFlow(options.root, { split: 'test' })
  const recipe = await recipeOfRun()
  const { model } = await loadModel(join(options.run, 'model'), { layers: new LayerRegistry(coreLayers) })
  const trained = await score(model, recipe, data)
  const untrained = await score(
    buildRecipe(recipe, { backbones: backboneRegistry(), ...recipe.built }).model,
    recipe,
    data,
  )

  console.log(`on ${data.length} images that the net has not seen\n`)
  console.log('                          before training  trained')
  const rows = [
    ['semantic   pixel accuracy', ({ semantic }) => semantic.pixelAccuracy],
    ['           mean accuracy', ({ semantic }) => semantic.meanAccuracy],
    ['           mean IU', ({ semantic }) => semantic.meanIU],
    ['           f.w. IU', ({ semantic }) => semantic.frequencyWeightedIU],
    ['geometric  pixel accuracy', ({ geometric }) => geometric.pixelAccuracy],
  ]
  for (const [name, value] of rows) {
    console.log(name.padEnd(25), percent(value(untrained)).padStart(15), percent(value(trained)).padStart(8))
  }
  await mkdir(options.out, { recursive: true })
  const picture = join(options.out, 'both-heads.png')
  await writeFile(picture, encodePng(mosaic(trained.pictures, { columns: 5 })))
  console.log(`\n${picture}: image; semantic truth and prediction; geometric truth and prediction`)

  const semanticGain = trained.semantic.meanIU - untrained.semantic.meanIU
  const geometricGain = trained.geometric.pixelAccuracy - untrained.geometric.pixelAccuracy
  if (semanticGain > 0 && geometricGain > 0) return
  console.error('a head is no better than before its training: train it for longer')
  process.exitCode = 1
}

/**
 * The scores of both heads.
 *
 * A class that the test images lack does not count: three of the 33 are absent from the published ones (Long 2016, §3.4).
 */
async function score(model, recipe, data) {
  const prepared = await (await compiledEngine()).prepare(model)
  const semantic = new ConfusionMatrix({ classes: data.classes.names })
  const geometric = new ConfusionMatrix({ classes: siftFlowGeometricClasses.names })
  const pictures = []
  for (const id of data.ids) {
    const example = await data.byId(id)
    const [what, how] = await label(prepared, example, recipe)
    semantic.add(example.labels, what, id)
    geometric.add(example.geometric, how, id)
    if (pictures.length >= 30) continue
    pictures.push(example.image)
    for (const map of [example.labels, what]) pictures.push(colourize(map, data.classes.palette))
    for (const map of [example.geometric, how]) pictures.push(colourize(map, siftFlowGeometricClasses.palette))
  }
  prepared.dispose()
  return { semantic: semantic.scores('truth-only'), geometric: geometric.scores(), pictures }
}

/** One pass through the net gives the labels of both heads. */
async function label(prepared, example, recipe) {
  const { inputs, targets } = recipeBatch([example], recipe)
  const outputs = await prepared.run(inputs)
  const best = outputs.map((scores) => argMax(scores, -1))
  const { height, width } = example.image
  const maps = []
  for (const tensor of best) maps.push({ height, width, labels: Uint8Array.from(await tensor.data()) })
  dispose([...inputs, ...targets, ...outputs, ...best])
  return maps
}

/** The published recipe with what the run changed of it: trunk, width and how images are prepared. */
async function recipeOfRun() {
  const { recipe, net, inputs, width, seed } = JSON.parse(await readFile(join(options.run, 'config.json'), 'utf8'))
  const published = recipeRegistry().get(recipe)
  return { ...published, net, data: { ...published.data, inputs }, built: { width, seed } }
}

function percent(share) {
  return `${(100 * share).toFixed(1)} %`
}

/** The values of options; a mistyped one is told in a line, with exit code 2. */
function optionsOf(options) {
  try {
    return parseArgs({ options }).values
  } catch ({ message }) {
    console.error(`error: ${message.split('. ')[0]}; known: --${Object.keys(options).join(', --')}`)
    process.exit(2)
  }
}
