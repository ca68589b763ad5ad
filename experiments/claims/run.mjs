/**
 * The qualitative claims about FCNs, with numbers over three seeds. `node experiments/claims/run.mjs --help`
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { compiledEngine } from '@pixelwise/compiler/node'
import { useBackend } from '@pixelwise/core'
import * as tf from '@tensorflow/tfjs-core'
import { loadWeights, weightsFile } from '../camvid/net.mjs'
import { camvidAt } from '../shared/camvid.mjs'
import { cached, writeWhole } from '../shared/files.mjs'
import { writeReport } from './report.mjs'
import { labelledScenes } from './scenes.mjs'
import { measureSteps } from './time-steps.mjs'
import { buildVariant, trainVariant } from './train-variant.mjs'
import { explored, exploredSeed, settings, settled, stepsBeforeFall, timed, variants } from './variants.mjs'

const help = `node experiments/claims/run.mjs [options]      (build first: npm run setup)

Every run is kept in --out and not done again; one that was killed starts anew (a minute).

  --out DIR     where runs are kept                    (default experiments/claims/out)
  --seeds LIST  by comma                               (default ${settings.seeds.join(',')})
  --only NAMES  some variants, by comma, and no report (${Object.keys(variants).join(', ')})
  --explore     only the trial of rates, on seed ${exploredSeed}
`

const folderOf = (path) => fileURLToPath(new URL(path, import.meta.url))

const { values } = parseArgs({
  options: {
    out: { type: 'string', default: folderOf('out') },
    seeds: { type: 'string', default: settings.seeds.join(',') },
    only: { type: 'string' },
    explore: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})
if (values.help) process.stdout.write(help)
else await main(values)

async function main({ out, only, explore, ...values }) {
  const seeds = values.seeds.split(',').map(Number)
  tf.env().set('PROD', true)
  await useBackend('wasm')
  const engine = await compiledEngine({ intraOpNumThreads: 1 })
  const { height, width } = settings
  const camvid = await camvidAt({ height, width, folder: out })
  const scenes = labelledScenes({ height, width, train: 300, val: 100 })
  const data = { camvid: { ...camvid, targets: { labels: camvid.classes } }, scenes }
  const run = { engine, data, out }
  const trials = only === undefined || explore ? await tryRates(run) : undefined
  if (explore) return
  const chosen = only?.split(',') ?? Object.keys(variants)
  for (const seed of seeds) for (const name of chosen) await resultOf(run, name, seed)
  if (only !== undefined) return
  const times = await cached(join(out, 'times.json'), () => measureSteps({ engine, data, names: timed }))
  const results = await Promise.all(
    Object.keys(variants).map(async (name) => ({
      ...settled(name),
      runs: await Promise.all(seeds.map((seed) => resultOf(run, name, seed))),
    })),
  )
  await writeReport({
    results,
    seeds,
    times,
    trials,
    data,
    folder: folderOf('results'),
    command: `node experiments/claims/run.mjs${values.seeds === settings.seeds.join(',') ? '' : ` --seeds ${values.seeds}`}`,
  })
}

/** Training loss (of the last steps, at the lower rate) and score at each rate that was tried. */
async function tryRates({ engine, data, out }) {
  const trials = {}
  for (const [name, { steps, rates }] of Object.entries(explored)) {
    trials[name] = []
    for (const rate of rates) {
      const variant = { ...settled(name), steps, rate, evaluateEvery: Number.POSITIVE_INFINITY }
      const trial = await cached(join(out, `${name}-${exploredSeed}-at-${rate}.json`), async () => {
        const { log, model } = await trainVariant({ engine, variant, data: data[variant.data], seed: exploredSeed })
        model.dispose()
        const last = log.losses.slice(stepsBeforeFall(steps))
        return { rate, loss: last.reduce((sum, loss) => sum + loss, 0) / last.length, ...log.evaluations.at(-1) }
      })
      process.stderr.write(`${name} at ${rate}: ${JSON.stringify(trial)}\n`)
      trials[name].push(trial)
    }
  }
  return trials
}

/** Losses and scores of one run, done now or earlier; runs that others go on from keep their weights. */
async function resultOf(run, name, seed) {
  const { engine, out } = run
  const file = join(out, `${name}-${seed}`)
  const variant = settled(name)
  return cached(`${file}.json`, async () => {
    const data = run.data[variant.data]
    const started = performance.now()
    const coarser = variant.from === undefined ? undefined : await finished(run, variant.from, seed)
    const { log, model } = await trainVariant({ engine, variant, data, seed, coarser })
    await writeWhole(`${file}.npz`, weightsFile(model))
    model.dispose()
    coarser?.dispose()
    const [{ meanIU }] = Object.values(log.evaluations.at(-1)).filter((value) => typeof value === 'object')
    const seconds = Math.round((performance.now() - started) / 1000)
    process.stderr.write(`${name}, seed ${seed}: mean IU ${(100 * meanIU).toFixed(1)} % (${seconds} s)\n`)
    return log
  })
}

/** The net that a variant goes on from. */
async function finished(run, name, seed) {
  const file = join(run.out, `${name}-${seed}.npz`)
  if (!existsSync(file)) await resultOf(run, name, seed)
  const variant = settled(name)
  const { model } = await buildVariant(variant, run.data[variant.data])
  await loadWeights(model, file)
  return model
}
