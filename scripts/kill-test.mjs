/**
 * Kills a training run at random moments and resumes it, again and again; what it ends with must equal a run that nobody
 * disturbed, bit for bit.
 *
 *     node scripts/kill-test.mjs [--engine eager|compiled] [--kills 20] [--steps 40] [--seed 1] [--folder DIR]
 *
 * SIGKILL comes some milliseconds after a random step, or after the start, or, every other time, after a checkpoint has begun
 * to be written.
 * Compared are the final weights, momenta, sampler state and best score, the best checkpoint, the losses of all steps and
 * the evaluations. Exit code 0: all equal, 1: not, 2: wrong use. Build the packages first (`npm run setup`).
 */
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const worker = fileURLToPath(new URL('kill-test/worker.mjs', import.meta.url))

const options = readOptions()
if (options === undefined) process.exitCode = 2
else process.exitCode = (await main(options)) ? 0 : 1

async function main({ engine, kills, steps, seed, folder }) {
  const [whole, disturbed] = ['whole', 'disturbed'].map((name) => join(folder, name))
  const arguments_ = [engine, String(steps)]
  await runWorker([whole, ...arguments_])
  const random = randomNumbers(seed)
  const upTo = (largest) => Math.floor(random() * (largest + 1))
  const moments = { steps: 0, writing: 0 }
  let finished = false
  while (moments.steps + moments.writing < kills && !finished) {
    const atWrite = (moments.steps + moments.writing) % 2 === 1
    const kill = atWrite
      ? { line: 'writing', times: 1 + upTo(1), delay: random() * 12 }
      : { line: 'step', times: upTo(Math.ceil(steps / kills)), delay: random() * 60 }
    const { wasKilled, wasWriting } = await runWorker([disturbed, ...arguments_], kill)
    finished = !wasKilled
    if (wasKilled) moments[wasWriting ? 'writing' : 'steps']++
  }
  const done = moments.steps + moments.writing
  if (!finished) await runWorker([disturbed, ...arguments_])
  const differences = compare(result(whole, steps), result(disturbed, steps))
  process.stdout.write(
    `${engine}: ${done} kills, ${moments.writing} of them while a checkpoint was written, ${steps} steps: ` +
      `${differences.length === 0 ? 'equal to the undisturbed run' : `DIFFERENT: ${differences.join(', ')}`}\n`,
  )
  if (done < kills) process.stdout.write(`only ${done} of ${kills} kills came before the end: pass more --steps\n`)
  rmSync(folder, { recursive: true, force: true })
  return differences.length === 0 && done >= kills
}

/** Runs until the end, or until it is killed at the moment asked for. */
function runWorker(args, kill) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [worker, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
    let [errors, seen, isWriting, timer] = ['', 0, false, undefined]
    const killSoon = (delay) => {
      timer = setTimeout(() => child.kill('SIGKILL'), delay)
    }
    if (kill?.times === 0) killSoon(20 * kill.delay) // while modules load and the checkpoint is read
    child.stderr.on('data', (text) => {
      errors += text
    })
    child.stdout.on('data', (text) => {
      for (const line of String(text).trim().split('\n')) {
        if (line !== 'step') isWriting = line === 'writing'
        if (line === kill?.line && ++seen === kill.times) killSoon(kill.delay)
      }
    })
    child.on('close', (code, signal) => {
      clearTimeout(timer)
      if (signal === 'SIGKILL' && kill !== undefined) resolve({ wasKilled: true, wasWriting: isWriting })
      else if (code === 0) resolve({ wasKilled: false, wasWriting: false })
      else reject(new Error(`the run failed with ${code ?? signal}:\n${errors}`))
    })
  })
}

/** What a run has left that must not depend on being killed. */
function result(folder, steps) {
  const last = join(folder, 'checkpoints', `step-${String(steps).padStart(6, '0')}`)
  const best = join(
    folder,
    'best',
    readdirSync(join(folder, 'best'))
      .filter((name) => name.startsWith('step-'))
      .at(-1),
  )
  const columns = ([step, loss, averageLoss, rate, examples]) => [step, loss, averageLoss, rate, examples]
  return {
    'weights and momenta': digest(join(last, 'values.bin')),
    'sampler, seed, losses and best score': digest(join(last, 'checkpoint.json')),
    'best checkpoint': digest(join(best, 'values.bin')),
    'steps of the log': readFileSync(join(folder, 'steps.csv'), 'utf8')
      .split('\n')
      .map((line) => columns(line.split(',')).join())
      .join('\n'),
    evaluations: readFileSync(join(folder, 'evaluations.jsonl'), 'utf8'),
    'debris of killed processes': readdirSync(join(folder, 'checkpoints'))
      .filter((name) => name.startsWith('.'))
      .join(),
  }
}

function digest(file) {
  return createHash('sha256').update(readFileSync(file)).digest('hex')
}

function compare(expected, actual) {
  return Object.keys(expected).filter((key) => expected[key] !== actual[key])
}

/** Mulberry32: which moments are tried depends on the seed, though not where in the run they fall. */
function randomNumbers(seed) {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

function readOptions() {
  try {
    const { values } = parseArgs({
      options: {
        engine: { type: 'string', default: 'eager' },
        kills: { type: 'string', default: '20' },
        steps: { type: 'string', default: '40' },
        seed: { type: 'string', default: '1' },
        folder: { type: 'string' },
      },
    })
    const { engine, folder = mkdtempSync(join(tmpdir(), 'pixelwise-kill-')) } = values
    const [kills, steps, seed] = ['kills', 'steps', 'seed'].map((name) => Number(values[name]))
    const fits = ['eager', 'compiled'].includes(engine) && kills >= 1 && steps >= 4 && Number.isInteger(seed)
    if (fits) return { engine, kills, steps, seed, folder }
    throw new Error('engine is eager or compiled, kills at least 1, steps at least 4, seed a whole number')
  } catch (error) {
    process.stderr.write(`${error.message}\n`)
    return undefined
  }
}
