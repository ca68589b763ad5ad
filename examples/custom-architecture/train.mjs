// Trains the nets of nets.mjs, one after the other, and compares each with what it started as on images that it has not
// seen; exits with 1 where training was no use.
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { compiledEngine } from '@pixelwise/compiler/node'
import { PixelwiseError, Registry, Rng, useBackend } from '@pixelwise/core'
import { loadModel, saveModel } from '@pixelwise/core/node'
import { inOrder, randomCrop, randomMirror } from '@pixelwise/datasets'
import { openVoc } from '@pixelwise/datasets/node'
import { adam, sampledBatches, shuffledSampler, train } from '@pixelwise/training'
import { progressBar } from '@pixelwise/training/node'
import { layers } from './layer.mjs'
import { nets } from './nets.mjs'

const values = optionsOf({
  root: { type: 'string', default: 'scenes' },
  net: { type: 'string', multiple: true },
  steps: { type: 'string', default: '100' },
  batch: { type: 'string', default: '2' },
  crop: { type: 'string', default: '64' },
  images: { type: 'string', default: '100' },
  rate: { type: 'string', default: '3e-3' },
  seed: { type: 'string', default: '1' },
  out: { type: 'string', default: 'out' },
})
const [steps, batchSize, crop, images] = [values.steps, values.batch, values.crop, values.images].map(Number)

try {
  await main()
} catch (error) {
  if (!(error instanceof PixelwiseError)) throw error
  console.error(`error: ${error.message}`)
  process.exitCode = 1
}

async function main() {
  await useBackend('wasm', { threads: 1 }) // only holds the weights: ONNX Runtime computes
  const engine = await compiledEngine()
  const training = await openVoc(values.root, { split: 'train', instances: true })
  const heldOut = await openVoc(values.root, { split: 'val', instances: true })
  const unseen = await firstOf(heldOut, images)
  const registry = new Registry('net', Object.entries(nets))

  for (const name of values.net ?? registry.names()) {
    const net = await registry.get(name)(training.classes)
    const before = await net.score.of(net, unseen, engine, heldOut.classes)
    await learn(net, training, engine)
    const folder = join(values.out, name)
    await saveModel(net.model, folder, { description: net.description })
    net.model.dispose()
    const stored = await loadModel(folder, { layers })
    const after = await net.score.of(stored, unseen, engine, heldOut.classes)
    stored.model.dispose()
    console.log(
      `${name.padEnd(12)}  ${net.score.name} ${percent(before)} untrained, ${percent(after)} trained  (${folder})`,
    )
    if (after > before) continue
    console.error(`training ${name} was no use: train for longer, or at a lower rate`)
    process.exitCode = 1
  }
}

/** Batches are windows of one size out of images of any: a compiled step serves one size. */
async function learn({ model, loss, batch }, data, engine) {
  const rng = new Rng(values.seed)
  const transform = inOrder(randomMirror(), randomCrop(crop, crop, { ignoreLabel: data.classes.ignoreLabel }))
  const bar = progressBar()
  try {
    await train({
      engine,
      model,
      loss,
      solver: adam({ learningRate: { policy: 'poly', base: Number(values.rate), power: 0.9, maxSteps: steps } }),
      steps,
      rng,
      data: sampledBatches({
        sampler: shuffledSampler(data.length, rng.split('order')),
        batchSize,
        load: async (indices, draw) => {
          const samples = await Promise.all(indices.map((index) => data.at(index)))
          return batch(
            samples.map((sample) => transform(sample, draw)),
            draw,
          )
        },
      }),
      onStep: bar.step,
    })
  } finally {
    bar.end()
  }
}

async function firstOf(data, count) {
  const samples = []
  for (let i = 0; i < Math.min(count, data.length); i++) samples.push(await data.at(i))
  return samples
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
