// Scores a trained net and the net that it started as on the pictures held out; exits with 1 where training was no use.
import { parseArgs } from 'node:util'
import { vggSmall } from '@pixelwise/backbones'
import { compiledEngine } from '@pixelwise/compiler/node'
import { coreLayers, LayerRegistry, PixelwiseError, predictLabels, useBackend } from '@pixelwise/core'
import { loadModel } from '@pixelwise/core/node'
import { openFolder } from '@pixelwise/datasets/node'
import { fcn8s } from '@pixelwise/fcn'
import { ConfusionMatrix } from '@pixelwise/metrics'

const options = optionsOf({
  root: { type: 'string', default: 'photos' },
  model: { type: 'string', default: 'runs/train/model' },
})

try {
  await main()
} catch (error) {
  if (!(error instanceof PixelwiseError)) throw error
  console.error(`error: ${error.message}`)
  process.exitCode = 1
}

async function main() {
  await useBackend('wasm', { threads: 1 }) // only holds the weights: ONNX Runtime computes
  const heldOut = await openFolder(options.root, { split: 'val' })
  const { names } = heldOut.classes
  const engine = await compiledEngine()

  const { model, description } = await loadModel(options.model, { layers: new LayerRegistry(coreLayers) })
  const trained = await score(model, description.preprocessing, heldOut, engine)
  const { classIU } = trained

  // The net of train.yaml with its first weights.
  const backbone = vggSmall({ seed: 1 })
  const untrained = await score(fcn8s(backbone, { classes: names.length }), backbone.preprocessing, heldOut, engine)

  console.log(`on ${heldOut.length} pictures that it has not seen`)
  console.log(`mean IU untrained  ${percent(untrained.meanIU)}`)
  console.log(`mean IU trained    ${percent(trained.meanIU)}`)
  for (const [label, name] of names.entries()) console.log(`  ${name.padEnd(16)} ${percent(classIU[label])}`)
  if (!(trained.meanIU > untrained.meanIU)) {
    console.error('training was no use: train for longer, or look at the loss in runs/train/report.html')
    process.exitCode = 1
  }
}

async function score(net, preprocessing, heldOut, engine) {
  const matrix = new ConfusionMatrix({ classes: heldOut.classes.names, ignoreLabel: heldOut.classes.ignoreLabel })
  const prepared = await engine.prepare(net)
  for (let i = 0; i < heldOut.length; i++) {
    const { id, image, labels } = await heldOut.at(i)
    const [prediction] = await predictLabels(prepared, [image], { preprocessing })
    matrix.add(labels, prediction, id)
  }
  prepared.dispose()
  return { meanIU: matrix.scores().meanIU, classIU: matrix.classIU() }
}

function percent(share) {
  return `${(100 * share).toFixed(1).padStart(5)} %`
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
