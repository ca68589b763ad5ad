// Scores the nets of runs/ on images that none has seen, before and after training, and draws what each makes of them.
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { compiledEngine } from '@pixelwise/compiler/node'
import { coreLayers, LayerRegistry, PixelwiseError, useBackend } from '@pixelwise/core'
import { loadModel } from '@pixelwise/core/node'
import { encodePng } from '@pixelwise/datasets'
import { openNyud } from '@pixelwise/datasets/node'
import { recipeBatch, recipeRegistry } from '@pixelwise/fcn'
import { ConfusionMatrix } from '@pixelwise/metrics'
import { colourize, mosaic } from '@pixelwise/visuals'
import { argMax, dispose } from '@tensorflow/tfjs-core'

const options = optionsOf({
  root: { type: 'string', default: 'data' },
  runs: { type: 'string', default: 'runs' },
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
  const data = await openNyud(options.root, { split: 'test', depth: true, hha: true })
  const nets = []
  for (const name of ['color', 'color-d', 'hha', 'color-hha']) nets.push(await openNet(name, data.classes.names))

  const pictures = []
  for (const id of data.ids) {
    const example = await data.byId(id)
    const maps = [example.labels]
    for (const { recipe, prepared, scores } of nets) {
      const prediction = await label(prepared, example, recipe)
      scores.add(example.labels, prediction, id)
      maps.push(prediction)
    }
    if (pictures.length >= 42) continue
    pictures.push(example.image, example.hha, ...maps.map((map) => colourize(map, data.classes.palette)))
  }

  console.log(`on ${data.length} images that no net has seen\n`)
  console.log('net        first step: mean IU  trained: mean IU  pixel acc.  mean acc.  f.w. IU')
  for (const { name, before, scores } of nets) {
    const { meanIU, pixelAccuracy, meanAccuracy, frequencyWeightedIU } = scores.scores()
    const [first, ...rest] = [before, meanIU, pixelAccuracy, meanAccuracy, frequencyWeightedIU].map(percent)
    console.log(
      name.padEnd(10),
      first.padStart(19),
      rest[0].padStart(17),
      ...rest.slice(1).map((one) => one.padStart(10)),
    )
  }
  await mkdir(options.out, { recursive: true })
  const picture = join(options.out, 'comparison.png')
  await writeFile(picture, encodePng(mosaic(pictures, { columns: 7 })))
  console.log(`\n${picture}: image, HHA, truth, then the nets in this order`)

  for (const { name, before, scores } of nets) {
    if (scores.scores().meanIU > before) continue
    console.error(`${name} is no better than before its first step: train it for longer`)
    process.exitCode = 1
  }
}

/** A net of `runs`, ready to label; `before` is its score before the first step, which the run has written down. */
async function openNet(name, classes) {
  const run = join(options.runs, name)
  const { model } = await loadModel(join(run, 'model'), { layers: new LayerRegistry(coreLayers) })
  const { recipe, inputs } = JSON.parse(await readFile(join(run, 'config.json'), 'utf8'))
  const published = recipeRegistry().get(recipe)
  const [first] = (await readFile(join(run, 'evaluations.jsonl'), 'utf8')).split('\n')
  return {
    name,
    recipe: { ...published, data: { ...published.data, inputs } }, // what the net sees, prepared as in its training
    prepared: await (await compiledEngine()).prepare(model),
    before: JSON.parse(first).meanIU,
    scores: new ConfusionMatrix({ classes }),
  }
}

/** Labels an example: whatever the recipe's net sees of it goes in, the best class of each pixel comes out. */
async function label(prepared, example, recipe) {
  const { inputs, targets } = recipeBatch([example], recipe)
  const outputs = await prepared.run(inputs)
  const best = argMax(outputs[0], -1)
  const { height, width } = example.image
  const labels = Uint8Array.from(await best.data())
  dispose([...inputs, ...targets, ...outputs, best])
  return { height, width, labels }
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
