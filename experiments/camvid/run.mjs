/**
 * An FCN on the real SqueezeNet, fine-tuned on CamVid at stride 16, then 8, then 4, here and in PyTorch, from several seeds.
 * `node experiments/camvid/run.mjs --help`
 */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { compiledEngine } from '@pixelwise/compiler/node'
import { useBackend } from '@pixelwise/core'
import { encodeNpy } from '@pixelwise/datasets'
import { upgrade } from '@pixelwise/fcn'
import * as tf from '@tensorflow/tfjs-core'
import { cached, readJson, writeWhole } from '../shared/files.mjs'
import { buildNet, loadWeights, weightsFile } from './net.mjs'
import { prepare } from './prepare.mjs'
import { writeReport } from './report.mjs'
import { evaluate, trainStage } from './train.mjs'

const help = `node experiments/camvid/run.mjs [options]      (build first: npm run setup)

Every stage is kept in --out and not done again; a stage that was killed goes on from its last checkpoint.

  --out DIR        where data, checkpoints and results go   (default experiments/camvid/out)
  --python PATH    a Python with torch, for the peer         (default /usr/bin/python3)
  --seeds LIST     by comma                                  (default: those of config.json)
  --only NAME      ours, torch or report: one part of it     (default: all)
`

const folderOf = (path) => fileURLToPath(new URL(path, import.meta.url))

async function main() {
  const { values } = parseArgs({
    options: {
      out: { type: 'string', default: folderOf('out') },
      python: { type: 'string', default: '/usr/bin/python3' },
      seeds: { type: 'string' },
      only: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) return process.stdout.write(help)
  const { out, python, only } = values
  tf.env().set('PROD', true)
  await useBackend('wasm')
  const config = await readJson(folderOf('config.json'))
  const seeds = values.seeds?.split(',').map(Number) ?? config.seeds
  const engine = await compiledEngine({ intraOpNumThreads: 1 })
  const runs = []
  for (const seed of seeds) runs.push({ ...(await prepare(config, seed, out)), config, seed, engine })
  for (const [i, run] of runs.entries()) {
    const isFirst = i === 0
    if (only === undefined || only === 'ours') await ours(run, isFirst)
    if (only === undefined || only === 'torch') torch(python, run, isFirst)
  }
  if (only !== undefined && only !== 'report') return
  const command = `node experiments/camvid/run.mjs${values.seeds === undefined ? '' : ` --seeds ${values.seeds}`}`
  await writeReport({ runs, results: folderOf('results'), command })
}

async function ours(run, compares) {
  const { config, stages, data, folder } = run
  const classes = data.classes.names.length
  for (const stage of compares ? stages : []) {
    await cached(join(folder, `ours-${stage.stride}s-first.json`), () => first(run, stage))
  }
  let coarser
  for (const stage of stages) {
    const name = join(folder, `ours-${stage.stride}s`)
    const net = await buildNet(config, { ...stage, classes })
    await cached(`${name}.json`, async () => {
      if (coarser !== undefined) upgrade(coarser, net.model)
      const log = await trainStage({ ...run, net, stage, folder: join(folder, 'checkpoints', `${stage.stride}s`) })
      const { labels } = await evaluate({ ...run, net })
      const { height, width } = config
      const maps = new Uint8Array(labels.length * height * width)
      for (const [i, map] of labels.entries()) maps.set(map.labels, i * height * width)
      await writeWhole(`${name}-labels.npy`, encodeNpy({ shape: [labels.length, height, width], data: maps }))
      await writeWhole(`${name}.npz`, weightsFile(net.model))
      return log
    })
    await loadWeights(net.model, `${name}.npz`)
    coarser?.dispose()
    coarser = net.model
  }
  coarser.dispose()
}

/** The first steps without dropout, whose losses both frameworks must agree on; the rate falls among them. */
async function first({ config, data, engine, seed }, stage) {
  const { steps, stepSize } = config.comparison
  const plain = { ...config, dropout: 0, evaluateEvery: Number.POSITIVE_INFINITY }
  const net = await buildNet(plain, { ...stage, classes: data.classes.names.length })
  const short = { ...stage, stepSize, order: stage.order.subarray(0, steps) }
  const { losses, seconds } = await trainStage({ engine, net, stage: short, config: plain, data, seed })
  net.model.dispose()
  return { losses, seconds }
}

function torch(python, { folder }, compares) {
  if (!existsSync(python)) throw new Error(`no ${python}: pass --python with one that has torch, or --only ours`)
  const script = folderOf('baseline.py')
  for (const more of compares ? [['--compare'], []] : [[]]) {
    const { status } = spawnSync(python, [script, folder, ...more], { stdio: 'inherit' })
    if (status !== 0) throw new Error(`${python} ${script} ended with ${status}`)
  }
}

await main()
