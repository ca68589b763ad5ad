// Scores FCN-32s, 16s and 8s on images that none has seen, and draws what each makes of them.
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { compiledEngine } from '@pixelwise/compiler/node'
import { coreLayers, LayerRegistry, PixelwiseError, predictLabels, useBackend } from '@pixelwise/core'
import { loadModel } from '@pixelwise/core/node'
import { encodePng, filterIds } from '@pixelwise/datasets'
import { openSbd, openVoc } from '@pixelwise/datasets/node'
import { ConfusionMatrix, coarsened } from '@pixelwise/metrics'
import { colourize, mosaic } from '@pixelwise/visuals'

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
  const images = await heldOut(options.root)
  const nets = []
  for (const stride of [32, 16, 8]) nets.push(await openNet(stride, images.classes.names))

  const pictures = []
  for (const id of images.ids) {
    const { image, labels } = await images.byId(id)
    const maps = [labels]
    for (const { stride, prepared, description, scores, bound } of nets) {
      const [prediction] = await predictLabels(prepared, [image], description)
      scores.add(labels, prediction, id)
      bound.add(labels, coarsened(labels, stride), id)
      maps.push(prediction)
    }
    if (pictures.length < 30) pictures.push(image, ...maps.map((map) => colourize(map, images.classes.palette)))
  }

  console.log(`mean IU on ${images.length} images that no net has seen\n`)
  console.log('         first step  trained  perfect at this stride')
  for (const { name, before, scores, bound } of nets) {
    console.log(name.padEnd(10), percent(before), percent(meanIU(scores)), '   ', percent(meanIU(bound)))
  }
  await mkdir(options.out, { recursive: true })
  const picture = join(options.out, 'comparison.png')
  await writeFile(picture, encodePng(mosaic(pictures, { columns: 5 })))
  console.log(`\n${picture}: image, truth, FCN-32s, FCN-16s, FCN-8s`)

  for (const { name, before, scores } of nets) {
    if (meanIU(scores) > before) continue
    console.error(`${name} is no better than before its first step: train it for longer`)
    process.exitCode = 1
  }
}

/** What VOC 2011 holds out, less what SBD trains on: 736 images, the "seg11valid" of the literature. */
async function heldOut(root) {
  const learnt = new Set((await openSbd(join(root, 'benchmark_RELEASE/dataset'), { split: 'train' })).ids)
  return filterIds(await openVoc(join(root, 'VOC2011'), { split: 'val' }), (id) => !learnt.has(id))
}

/** A net of `runs`, ready to label; `before` is its score before the first step, which the run has written down. */
async function openNet(stride, classes) {
  const run = join(options.runs, `fcn${stride}s`)
  const { model, description } = await loadModel(join(run, 'model'), { layers: new LayerRegistry(coreLayers) })
  const [first] = (await readFile(join(run, 'evaluations.jsonl'), 'utf8')).split('\n')
  return {
    name: `FCN-${stride}s`,
    stride,
    prepared: await (await compiledEngine()).prepare(model),
    description,
    before: JSON.parse(first).meanIU,
    scores: new ConfusionMatrix({ classes }),
    bound: new ConfusionMatrix({ classes }),
  }
}

function meanIU(matrix) {
  return matrix.scores().meanIU
}

function percent(share) {
  return `${(100 * share).toFixed(1)} %`.padStart(9)
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
