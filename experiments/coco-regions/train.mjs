// Trains one net: node experiments/coco-regions/train.mjs plain|restructured. run.mjs calls it; a run that was stopped goes on.
import '@tensorflow/tfjs-layers' // registers the gradients of tfjs
import { fileURLToPath } from 'node:url'
import { compiledEngine } from '@pixelwise/compiler/node'
import { Rng, useBackend } from '@pixelwise/core'
import { regionBatch, regionLoss } from '@pixelwise/pairwise-regions'
import { adam, sampledBatches, stochasticSampler, train } from '@pixelwise/training'
import { checkpointFolder } from '@pixelwise/training/node'
import { augmented, batchSize, cocoSample } from './data.mjs'
import { cocoNet } from './net.mjs'
import { training } from './settings.mjs'

const structure = process.argv[2]
const folder = fileURLToPath(new URL(`out/${structure}`, import.meta.url))

await useBackend('wasm', { threads: 1 })
const engine = await compiledEngine({ intraOpNumThreads: 1, fallback: 'error' })
const net = await cocoNet(structure)
const { train: samples } = await cocoSample()
const checkpoints = checkpointFolder(`${folder}/checkpoint`)

await train({
  engine,
  model: net.model,
  loss: regionLoss(net),
  solver: adam({
    learningRate: { policy: 'multistep', base: training.learningRate, gamma: 0.3, stepValues: training.drops },
    multipliers: (name) => (isOfTrunk(name) ? { learningRate: training.trunkMultiplier } : {}),
  }),
  steps: training.steps,
  rng: new Rng(1),
  data: sampledBatches({
    // Every draw is uniform over all images, whatever came before (Long 2016, §4.4.4).
    sampler: stochasticSampler(samples.length, new Rng(2)),
    load: async ([index], rng) => {
      const sample = augmented(samples[index], rng.split('mirror'))
      return regionBatch([sample], { net, rng, regions: training.regions, size: batchSize(sample) })
    },
  }),
  checkpoint: { every: 50, save: checkpoints.save },
  resume: await checkpoints.latest(),
  onStep: ({ step, averageLoss, milliseconds }) => {
    if (step % 10 === 0) console.error(`${structure} ${step}: ${averageLoss.toFixed(3)}, ${milliseconds.toFixed(0)} ms`)
  },
})

/** The pathways' weights are named after their tap and part: `conv1/regions/kernel`. */
function isOfTrunk(weight) {
  const own = ['reduce', 'regions', 'matrix', 'score_features', 'score']
  return !net.pathways.some(({ name }) => own.some((part) => weight.startsWith(`${name}/${part}/`)))
}
