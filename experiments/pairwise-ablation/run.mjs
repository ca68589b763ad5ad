// Figure 4.4 in small: does transposing regions, or multiplying them by a matrix, or both, improve them?
//
//   node experiments/pairwise-ablation/run.mjs
//
// Trains 4 variants × 3 seeds × 2 windows on synthetic shapes, compiled; runs that were finished before are
// read from out/. Writes results/: figures as JSON and CSV, the table of results.md, and the chart.
import '@tensorflow/tfjs-layers' // registers the gradients of tfjs
import { fileURLToPath } from 'node:url'
import { compiledEngine } from '@pixelwise/compiler/node'
import { useBackend } from '@pixelwise/core'
import { cached } from '../shared/files.mjs'
import { microNet, variants } from './net.mjs'
import { writeReport } from './report.mjs'
import { evaluateScores } from './score.mjs'
import { evaluateVariant, trainVariant, validationImages } from './train-variant.mjs'

const folder = (name) => fileURLToPath(new URL(name, import.meta.url))
const settings = { windows: [9, 10], seeds: [0, 1, 2], steps: 400, validation: 200 }

await useBackend('wasm', { threads: 1 })
const engine = await compiledEngine({ intraOpNumThreads: 1, fallback: 'error' })
const images = validationImages(settings.validation)

const runs = []
for (const window of settings.windows) {
  for (const seed of settings.seeds) {
    for (const variant of variants) {
      const file = folder(`out/${variant.name}-${window}-${seed}.json`)
      runs.push(await cached(file, () => runVariant({ ...variant, window, seed })))
      console.error(runs.at(-1))
    }
  }
}
const scores = await cached(folder('out/scores.json'), runScores)
console.error(scores)
await writeReport(folder('results'), { settings, runs, scores })

async function runVariant(variant) {
  const net = microNet(variant)
  const started = performance.now()
  const loss = await trainVariant(net, { engine, seed: variant.seed, steps: settings.steps })
  const seconds = (performance.now() - started) / 1000
  const result = await evaluateVariant(net, images, engine)
  const parameters = net.model.countParams()
  net.model.dispose()
  return { ...variant, parameters, loss, ...result, seconds }
}

/** The same net with a pathway that scores its regions: are the best ten better than ten at random? */
async function runScores() {
  const net = microNet({ transpose: true, matrix: true, window: 9, seed: 0, scores: true })
  await trainVariant(net, { engine, seed: 0, steps: settings.steps })
  return evaluateScores(net, images, engine)
}
