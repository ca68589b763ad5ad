import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { compiledEngine } from '@pixelwise/compiler/node'
import { type BackendName, EagerEngine, formatBackends, PixelwiseError, useBackend } from '@pixelwise/core'
import { saveModel } from '@pixelwise/core/node'
import { openVoc, synthesizeVoc } from '@pixelwise/datasets/node'
import { learnBaselines } from './baselines.js'
import { evaluate } from './evaluate.js'
import { type DemoOptions, help, readOptions, UsageError } from './options.js'
import { demoNet, trainDemo } from './train-net.js'
import { targetMeanIU, writeReport } from './write-report.js'

/** Runs the demo; resolves to the exit code. Progress goes to standard error, results to standard output. */
async function main(args: string[]): Promise<number> {
  const options = readOptions(args)
  if (options === 'help') {
    process.stdout.write(help)
    return 0
  }
  const backend = await useBackend(options.backend as BackendName | 'auto') // an unknown name is refused there
  tell(`Engine\n${formatBackends(backend)}`)

  const engine = options.engine === 'compiled' ? await compiledEngine() : new EagerEngine()

  const { train, val } = await makeData(options)
  tell('Counting colours for the comparison')
  const baselines = await learnBaselines(train)

  const net = demoNet(train.classes.names.length, options.seed)
  const parameters = net.model.countParams()
  tell(`Training FCN-8s (${parameters.toLocaleString('en')} weights) on ${train.length} scenes`)
  const training = await trainDemo({
    engine,
    net,
    data: train,
    steps: options.steps,
    seed: options.seed,
    checkpoints: join(options.out, 'checkpoints'),
    resume: options.resume,
  })
  if (training.result.stopped === 'aborted') {
    const again = args
      .filter((arg) => arg !== '--resume')
      .concat('--resume')
      .join(' ')
    tell(`Stopped after step ${training.result.step}; go on with: npm run demo -- ${again}`)
    return 130
  }

  tell(`Labelling ${val.length} unseen scenes`)
  const { preprocessing } = net.backbone
  await saveModel(net.model, join(options.out, 'model'), {
    description: {
      preprocessing,
      classes: train.classes.names,
      provenance: { madeBy: 'npm run demo', seed: options.seed, steps: options.steps },
    },
  })
  const model = await engine.prepare(net.model)
  const evaluation = await evaluate({ model, preprocessing, data: val, baselines, out: options.out })
  model.dispose()
  const { classes } = train
  const report = await writeReport({ options, backend, classes, parameters, training, evaluation })

  const scores = evaluation.net.scores()
  const compared = evaluation.baselines.map(({ name, confusion }) => ({ name, meanIU: confusion.scores().meanIU }))
  const result = { ...scores, baselines: compared, trainingSeconds: training.seconds, report: resolve(report) }
  process.stdout.write(options.json ? `${JSON.stringify(result, null, 2)}\n` : summary(result))
  return 0
}

async function makeData({ out, seed, trainImages, testImages, resume }: DemoOptions) {
  const root = join(out, 'data')
  tell(`Drawing ${trainImages} + ${testImages} scenes in PASCAL VOC layout into ${root}`)
  await synthesizeVoc(root, { train: trainImages, val: testImages, seed, overwrite: true })
  if (resume) tell('Resuming: the scenes are the same for the same --seed')
  return { train: await openVoc(root, { split: 'train' }), val: await openVoc(root, { split: 'val' }) }
}

function summary(result: {
  pixelAccuracy: number
  meanAccuracy: number
  meanIU: number
  frequencyWeightedIU: number
  baselines: { name: string; meanIU: number }[]
  report: string
}): string {
  const percent = (value: number) => `${(100 * value).toFixed(1).padStart(5)} %`
  const reached = result.meanIU >= targetMeanIU ? 'reached' : 'missed'
  return [
    '',
    `mean IU                ${percent(result.meanIU)}   (${(100 * targetMeanIU).toFixed(0)} % to reach: ${reached})`,
    `pixel accuracy         ${percent(result.pixelAccuracy)}`,
    `mean accuracy          ${percent(result.meanAccuracy)}`,
    `frequency weighted IU  ${percent(result.frequencyWeightedIU)}`,
    'mean IU without a net:',
    ...result.baselines.map(({ name, meanIU }) => `  ${name.padEnd(20)} ${percent(meanIU)}`),
    '',
    `Look at the report: ${pathToFileURL(result.report).href}`,
    '',
  ].join('\n')
}

function tell(text: string): void {
  process.stderr.write(`${text}\n`)
}

/** Whether the system refused a file, perhaps told by a package in its own words. */
function isOfFiles(error: unknown): error is Error {
  const cause = error instanceof PixelwiseError ? error.cause : error
  return cause instanceof Error && 'syscall' in cause
}

try {
  process.exitCode = await main(process.argv.slice(2))
} catch (error) {
  if (error instanceof UsageError) {
    tell(`${error.message}\n\n${help}`)
    process.exitCode = 2
  } else if (isOfFiles(error)) {
    tell(`${error.message}: the demo keeps its data and results in a folder; check it, or choose another with --out`)
    process.exitCode = 1
  } else if (error instanceof PixelwiseError) {
    tell(error.message)
    process.exitCode = 1
  } else throw error
}
