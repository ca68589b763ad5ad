// A pyramid net on the sample of COCO, plain against restructured:
//
//   node experiments/coco-regions/run.mjs
//
// Trains both (checkpoints in out/, from which a stopped run goes on), measures them on held-out images, and writes
// tables and pictures into results/. Needs the sample data beside the repository.
import '@tensorflow/tfjs-layers' // registers the gradients of tfjs
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { compiledEngine } from '@pixelwise/compiler/node'
import { useBackend } from '@pixelwise/core'
import { restoreWeights } from '@pixelwise/training'
import { checkpointFolder } from '@pixelwise/training/node'
import { truthsOf } from '../shared/instance-truths.mjs'
import { cocoSample, smallestObject } from './data.mjs'
import { densityTable, proposalRecall, randomBoxRecall } from './evaluate.mjs'
import { cocoNet, structures } from './net.mjs'
import { drawPictures } from './pictures.mjs'
import { writeReport } from './report.mjs'
import { training } from './settings.mjs'

const pathOf = (name) => fileURLToPath(new URL(name, import.meta.url))

await useBackend('wasm', { threads: 1 })
const engine = await compiledEngine({ intraOpNumThreads: 1, fallback: 'error' })
const { train, heldOut } = await cocoSample()
const objects = heldOut.flatMap(({ instances }) => truthsOf(instances, smallestObject)).length

const measured = {}
for (const structure of Object.keys(structures)) {
  const net = await trainedNet(structure)
  measured[structure] = {
    density: await densityTable(net, heldOut, engine),
    proposals: await proposalRecall(net, heldOut, engine),
  }
  console.error(structure, JSON.stringify(measured[structure], null, 1))
  if (structure === 'restructured') await drawPictures(pathOf('results'), net, heldOut, engine)
}
await writeReport(pathOf('results'), {
  structures: measured,
  random: randomBoxRecall(heldOut),
  training,
  counts: { train: train.length, heldOut: heldOut.length, objects },
})

/** Trains in a process of its own, whose memory is then free again. */
async function trainedNet(structure) {
  const checkpoints = checkpointFolder(pathOf(`out/${structure}/checkpoint`))
  const isDone = (await checkpoints.steps()).includes(training.steps)
  if (!isDone) {
    const { status } = spawnSync(process.execPath, [pathOf('train.mjs'), structure], { stdio: 'inherit' })
    if (status !== 0) throw new Error(`training ${structure} ended with ${status}`)
  }
  const net = await cocoNet(structure)
  restoreWeights(net.model, await checkpoints.load(training.steps))
  return net
}
