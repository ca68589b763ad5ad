/**
 * Trains and predicts for long with the `pixelwise` command: memory must stay flat, and a run that is killed once and
 * resumed must end as an undisturbed one.
 *
 *     node scripts/long-run.mjs [--images 2000] [--steps 2000] [--engine auto] [--folder DIR]
 *
 * Memory is flat when the median of the last quarter of a run is not above that of its second quarter by more than
 * 16 MiB: in 2,000 steps, 17 kB per step. Exit code 0: flat and equal, 1: not, 2: wrong use. Build the packages first
 * (`npm run setup`).
 */
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { synthesizeVoc } from '@pixelwise/datasets/node'

const command = fileURLToPath(new URL('../packages/cli/bin/pixelwise.js', import.meta.url))
const mebibyte = 2 ** 20

const options = readOptions()
if (options === undefined) process.exitCode = 2
else process.exitCode = (await main(options)) ? 0 : 1

async function main({ images, steps, engine, folder: given }) {
  const folder = given ?? mkdtempSync(join(tmpdir(), 'pixelwise-long-run-'))
  const scenes = join(folder, 'scenes')
  await synthesizeVoc(scenes, { train: images, val: 4, height: 48, width: 64, seed: 1 })
  const isTrained = await trainTwice({ scenes, steps, engine, folder })
  const isPredicted = await predictTwice({ scenes, images, engine, folder })
  if (given === undefined) rmSync(folder, { recursive: true, force: true })
  return isTrained && isPredicted
}

async function trainTwice({ scenes, steps, engine, folder }) {
  const config = join(folder, 'train.json')
  writeFileSync(
    config,
    JSON.stringify({
      net: { backbone: 'vgg-small', stride: 8 },
      data: { kind: 'voc', root: scenes },
      solver: { learningRate: 0.01 },
      steps,
      augmentation: ['mirror', { jitter: 4 }],
      engine,
      evaluation: { every: Math.ceil(steps / 4), samples: 1 },
    }),
  )
  const train = (out, ...more) => ['train', config, '--out', out, ...more]
  const [whole, killed] = ['whole', 'killed'].map((name) => join(folder, name))
  const isFarEnough = () => linesOf(join(killed, 'steps.csv')) > 0.4 * steps
  const memory = await beside(train(whole), [train(killed), train(killed, '--resume')], isFarEnough)
  const last = join('checkpoints', `step-${String(steps).padStart(6, '0')}`, 'values.bin')
  const isEqual = [last, 'evaluations.jsonl'].every((file) => digest(join(whole, file)) === digest(join(killed, file)))
  return tell(`train, ${steps} steps`, memory, isEqual)
}

async function predictTwice({ scenes, images, engine, folder }) {
  const predict = (out, ...more) => {
    const photos = join(scenes, 'JPEGImages')
    const paths = ['--model', join(folder, 'whole', 'model'), '--out', out]
    return ['predict', photos, ...paths, '--engine', engine, '--save', 'labels', ...more]
  }
  const [whole, killed] = ['labelled', 'labelled-killed'].map((name) => join(folder, name))
  const isFarEnough = () => filesOf(killed).length > 0.4 * images
  const memory = await beside(predict(whole), [predict(killed), predict(killed, '--resume')], isFarEnough)
  const [expected, found] = [whole, killed].map(filesOf)
  const isEqual =
    expected.length === images + 4 &&
    expected.join() === found.join() &&
    expected.every((name) => digest(join(whole, 'labels', name)) === digest(join(killed, 'labels', name)))
  return tell(`predict, ${expected.length} images`, memory, isEqual)
}

/** Runs a command to its end and, at the same time, one that is killed and resumed; the memory of the first. */
async function beside(whole, [killed, resumed], isFarEnough) {
  const killAndResume = async () => {
    await pixelwise(killed, { until: isFarEnough })
    await pixelwise(resumed)
  }
  const [{ memory }] = await Promise.all([pixelwise(whole), killAndResume()])
  return memory
}

/** Runs a command to its end, or kills it when `until` holds; samples its memory. */
function pixelwise(args, { until } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [command, ...args], { stdio: ['ignore', 'ignore', 'pipe'] })
    const memory = []
    let errors = ''
    child.stderr.on('data', (text) => {
      errors = (errors + text).slice(-2000)
    })
    const timer = setInterval(() => {
      const resident = residentBytes(child.pid)
      if (resident !== undefined) memory.push(resident)
      if (until?.()) child.kill('SIGKILL')
    }, 200)
    child.on('close', (code, signal) => {
      clearInterval(timer)
      const isWanted = until === undefined ? code === 0 : signal === 'SIGKILL'
      if (isWanted) resolve({ memory })
      else reject(new Error(`pixelwise ${args.join(' ')} ended with ${signal ?? code}:\n${errors}`))
    })
  })
}

/** Linux tells it in a file; elsewhere memory is not judged. */
function residentBytes(pid) {
  try {
    const [, kilobytes] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
    return kilobytes === undefined ? undefined : Number(kilobytes) * 1024
  } catch {
    return undefined
  }
}

function tell(what, memory, isEqual) {
  const quarter = (n) =>
    median(memory.slice(Math.floor((n * memory.length) / 4), Math.floor(((n + 1) * memory.length) / 4)))
  const quarters = [0, 1, 2, 3].map(quarter)
  const isFlat = !(quarters[3] > quarters[1] + 16 * mebibyte)
  const inMebibytes = quarters.map((bytes) => Math.round(bytes / mebibyte)).join(', ')
  process.stdout.write(
    `${what}: memory ${inMebibytes} MiB in its quarters: ${isFlat ? 'flat' : 'GROWS'}; ` +
      `killed and resumed: ${isEqual ? 'equal to the undisturbed run' : 'DIFFERENT'}\n`,
  )
  return isFlat && isEqual
}

function median(values) {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]
}

function filesOf(out) {
  const labels = join(out, 'labels')
  return existsSync(labels)
    ? readdirSync(labels)
        .filter((name) => name.endsWith('.png') && !name.startsWith('.'))
        .sort()
    : []
}

function linesOf(file) {
  return existsSync(file) ? readFileSync(file, 'utf8').split('\n').length : 0
}

function digest(file) {
  return createHash('sha256').update(readFileSync(file)).digest('hex')
}

function readOptions() {
  try {
    const { values } = parseArgs({
      options: {
        images: { type: 'string', default: '2000' },
        steps: { type: 'string', default: '2000' },
        engine: { type: 'string', default: 'auto' },
        folder: { type: 'string' },
      },
    })
    const [images, steps] = [values.images, values.steps].map(Number)
    const isUsable = [images, steps].every((count) => Number.isInteger(count) && count >= 20)
    if (isUsable) return { images, steps, engine: values.engine, folder: values.folder }
    throw new Error('images and steps are whole numbers, at least 20')
  } catch (error) {
    process.stderr.write(`${error.message}\n`)
    return undefined
  }
}
