// A pyramid net on the sample of COCO, plain against restructured:
//
//   node experiments/coco-regions/run.mjs [plain|restructured]
//
// Trains both (checkpoints in out/, from which a stopped run goes on), measures them on held-out images, and writes
// tables and pictures into results/; with a name, trains and measures that one only. What is done is kept in out/. Needs the
// sample data beside the repository.
import '@tensorflow/tfjs-layers' // registers the gradients of tfjs
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { compiledEngine } from '@pixelwise/compiler/node'
import { useBackend } from '@pixelwise/core'
import { restoreWeights } from '@pixelwise/training'
import { checkpointFolder } from '@pixelwise/training/node'
import { cached } from '../shared/files.mjs'
import { truthsOf } from '../shared/instance-truths.mjs'
import { cocoSample, smallestObject } from './data.mjs'
import { densityTable, proposalRecall, randomBoxRecall } from './evaluate.mjs'
import { cocoNet, structures } from './net.mjs'
import { drawPictures, drawWeights } from './pictures.mjs'
import { writeReport } from './report.mjs'
import { training } from './settings.mjs'

const pathOf = (name) => fileURLToPath(new URL(name, import.meta.url))

await useBackend('wasm', { threads: 1 })
const engine = await compiledEngine({ intraOpNumThreads: 1, fallback: 'error' })
const { train, heldOut } = await cocoSample()
const objects = heldOut.flatMap(({ instances }) => truthsOf(instances, smallestObject)).length

const pictures = { folder: pathOf('results'), photos: pathOf('out/photos') }
const only = process.argv[2]
const measured = {}
for (const structure of only === undefined ? Object.keys(structures) : [only]) {
  measured[structure] = await cached(pathOf(`out/${structure}/measured.json`), () => measure(structure))
  console.error(structure, JSON.stringify(measured[structure], null, 1))
}
if (only === undefined) await report()

async function measure(structure) {
  const net = await trainedNet(structure)
  const proposals = await proposalRecall(net, heldOut, engine)
  if (structure === 'plain') await drawWeights(pictures.folder, net, 'fire8')
  if (structure === 'restructured') await drawPictures(pictures, net, heldOut, engine)
  return { proposals, density: await densityTable(net, heldOut, engine) }
}

async function report() {
  const random = await cached(pathOf('out/random.json'), async () => randomBoxRecall(heldOut))
  const counts = { train: train.length, heldOut: heldOut.length, objects }
  await writeReport(pathOf('results'), { structures: measured, random, training, counts })
}

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
