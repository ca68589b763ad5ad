// Scores the nets in runs/ on images that none has seen: all 60 classes, and the 59 of the task, without the background.
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { compiledEngine } from '@pixelwise/compiler/node'
import { coreLayers, LayerRegistry, PixelwiseError, predictLabels, useBackend } from '@pixelwise/core'
import { loadModel } from '@pixelwise/core/node'
import { encodePng } from '@pixelwise/datasets'
import { openPascalContext } from '@pixelwise/datasets/node'
import { ConfusionMatrix } from '@pixelwise/metrics'
import { colourize, mosaic, overlay } from '@pixelwise/visuals'

const options = optionsOf({
  root: { type: 'string', default: 'data' },
  run: { type: 'string', default: 'runs/fcn8s' },
  out: { type: 'string', default: 'results' },
})

try {
  await useBackend('cpu') // only holds the weights: ONNX Runtime computes
  await score()
} catch (error) {
  console.error(error instanceof PixelwiseError ? `error: ${error.message}` : error)
  process.exitCode = 1
}

async function score() {
  const data = await openPascalContext(options.root, { split: 'val' })
  const { names, palette } = data.classes
  const { model, description } = await loadModel(join(options.run, 'model'), { layers: new LayerRegistry(coreLayers) })
  const prepared = await (await compiledEngine()).prepare(model)

  const all = new ConfusionMatrix({ classes: names, ignoreLabel: null })
  const task = new ConfusionMatrix({ classes: names, ignoreLabel: 0 }) // pixels of the background do not count
  const pictures = []
  for (const id of data.ids) {
    const { image, labels } = await data.byId(id)
    const [prediction] = await predictLabels(prepared, [image], description)
    all.add(labels, prediction, id)
    task.add(labels, prediction, id)
    if (pictures.length >= 24) continue
    pictures.push(
      image,
      colourize(labels, palette),
      colourize(prediction, palette),
      overlay(image, prediction, { palette }),
    )
  }

  console.log(`on ${data.length} images that the net has not seen\n`)
  console.log('                 pixel acc.  mean acc.  mean IU  f.w. IU')
  print(`all ${names.length} classes`, all.scores())
  print('no background', task.scores('truth-only'))
  const before = await scoreBefore()
  console.log(`\nmean IU of all classes before the first step: ${percent(before)}`)
  await mkdir(options.out, { recursive: true })
  const picture = join(options.out, 'scenes.png')
  await writeFile(picture, encodePng(mosaic(pictures, { columns: 4 })))
  console.log(`${picture}: image, truth, prediction, prediction over the image`)
  if (all.scores().meanIU > before) return
  console.error('the net is no better than before its training: train it for longer')
  process.exitCode = 1
}

function print(name, { pixelAccuracy, meanAccuracy, meanIU, frequencyWeightedIU }) {
  const [pixel, mean, ious, weighted] = [pixelAccuracy, meanAccuracy, meanIU, frequencyWeightedIU].map(percent)
  console.log(name.padEnd(16), pixel.padStart(10), mean.padStart(10), ious.padStart(8), weighted.padStart(8))
}

/** The score that the run has written down before its first step. */
async function scoreBefore() {
  const [first] = (await readFile(join(options.run, 'evaluations.jsonl'), 'utf8')).split('\n')
  return JSON.parse(first).meanIU
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
