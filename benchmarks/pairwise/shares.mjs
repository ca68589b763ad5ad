import { compiledEngine } from '@pixelwise/compiler/node'
import { Convolution, EagerEngine, useBackend } from '@pixelwise/core'
import { Rng } from '@pixelwise/masks/shared'
import { LocalMatrix, pairArray, RegionTranspose, transposePairs } from '@pixelwise/pairwise-regions'
import * as tf from '@tensorflow/tfjs-core'
import { input, model } from '@tensorflow/tfjs-layers'
import { summarise } from '../backends/statistics.mjs'

/** The two finest pathways of Table 4.1 on an image of 640×480, with the share that a PyTorch prototype measured. */
const pathways = [
  { name: 'conv3_3, stride 4', features: [120, 160, 256], kernel: 5, window: 14, prototype: 0.11 },
  { name: 'conv2_2, stride 2', features: [240, 320, 128], kernel: 5, window: 14, prototype: 0.4 },
]

/** What a pathway consists of, one part more from each to the next. */
const forms = ['convolution', 'and transpose', 'and local matrix']

/**
 * How much of a pathway's time goes to transpose and local matrix: the pathway up to the convolution, up to the transpose
 * and whole, run in turn; on ONNX Runtime and on tfjs's wasm backend, one thread each. Beside it, the transpose of pair
 * arrays by itself.
 */
export async function measureShares({ rounds, progress }) {
  await useBackend('wasm', { threads: 1 })
  const engines = [
    ['ONNX Runtime', await compiledEngine({ fallback: 'error', intraOpNumThreads: 1 })],
    ['tfjs, wasm', new EagerEngine()],
  ]
  const shares = []
  for (const pathway of pathways) {
    for (const [engine, made] of engines) {
      progress(`shares, ${pathway.name}: ${engine}`)
      const [convolved, transposed, whole] = await pathwayTimes(made, pathway, rounds)
      const seconds = [convolved, transposed, whole].map(summarise)
      // Differences of what chance has lengthened are chance: the least are the nearest to the work itself.
      const share = 1 - seconds[0].least / seconds[2].least
      shares.push({ pathway: pathway.name, engine, seconds, share, prototype: pathway.prototype })
    }
  }
  return { shares, arrays: pathways.map((pathway) => arrayTimes(pathway, Math.max(5, rounds))) }
}

/** Processor seconds of each form in each round. */
async function pathwayTimes(engine, { features, kernel, window }, rounds) {
  const symbol = input({ shape: [null, null, features[2]] })
  const pairs = new Convolution({ filters: window ** 2, kernel, pad: (kernel - 1) / 2 }).apply(symbol)
  const transposed = new RegionTranspose({}).apply(pairs)
  const outputs = [pairs, transposed, new LocalMatrix({}).apply(transposed)]
  const prepared = await Promise.all(
    outputs.map((output) => engine.prepare(model({ inputs: symbol, outputs: output }))),
  )
  const rng = new Rng(1)
  const values = Float32Array.from({ length: features.reduce((product, size) => product * size, 1) }, () =>
    rng.uniform(),
  )
  const x = tf.tensor(values, [1, ...features])
  const seconds = forms.map(() => [])
  for (let round = -1; round < rounds; round++) {
    for (const [form, each] of prepared.entries()) {
      const start = process.cpuUsage()
      const [output] = await each.run([x])
      await output.data()
      if (round >= 0) seconds[form].push(processorSeconds(start))
      output.dispose()
    }
  }
  x.dispose()
  for (const each of prepared) each.dispose()
  return seconds
}

function arrayTimes({ name, features: [rows, columns], window }, rounds) {
  const p = pairArray({ grid: [rows, columns], window, stride: 1 })
  const seconds = []
  for (let round = -1; round < rounds; round++) {
    const start = process.cpuUsage()
    transposePairs(p)
    if (round >= 0) seconds.push(processorSeconds(start))
  }
  return { pathway: name, entries: p.data.length, seconds: summarise(seconds) }
}

/** Time on the processor, which other programs beside this one lengthen less than that on the clock. */
function processorSeconds(start) {
  const { user, system } = process.cpuUsage(start)
  return (user + system) / 1e6
}

/** The measurements as lines of text. */
export function sharesTable({ shares, arrays }) {
  const ms = ({ least }) => `${(1000 * least).toFixed(0)} ms`
  const percent = (share) => `${(100 * share).toFixed(1)} %`
  return [
    'transpose and local matrix in a pathway of Table 4.1, VGG-16, image of 640×480, least processor time of one thread',
    '',
    `| pathway | engine | ${forms.join(' | ')} | share of both | PyTorch prototype |`,
    '|---|---|---:|---:|---:|---:|---:|',
    ...shares.map(({ pathway, engine, seconds, share, prototype }) => {
      return `| ${pathway} | ${engine} | ${seconds.map(ms).join(' | ')} | ${percent(share)} | ${percent(prototype)} |`
    }),
    '',
    ...arrays.map(({ pathway, entries, seconds }) => {
      const each = ((1e9 * seconds.least) / entries).toFixed(2)
      return `transposePairs, ${pathway}: ${entries} entries in ${ms(seconds)}, ${each} ns each`
    }),
  ]
}
