/**
 * Feeds damaged files to everything that reads data: each must give a value or a PixelwiseError, within two seconds and
 * in bounded memory. `node scripts/fuzz-data.mjs --help`
 */
import { parseArgs } from 'node:util'
import { Worker } from 'node:worker_threads'
import { subjects } from './fuzz/subjects.mjs'

const help = `node scripts/fuzz-data.mjs [options]      (build first: npm run setup)

  --files N      damaged files per reader                       (default 5000)
  --seed TEXT    equal seeds damage alike                       (default fuzz)
  --only TEXT    only readers whose name contains this; may be given twice
  --memory N     MiB the process may take                       (default 1500)
`

const { values } = parseArgs({
  options: {
    files: { type: 'string', default: '5000' },
    seed: { type: 'string', default: 'fuzz' },
    only: { type: 'string', multiple: true, default: [] },
    memory: { type: 'string', default: '1500' },
    help: { type: 'boolean', default: false },
  },
})

/** Milliseconds that one file may take. */
const limit = 2000

/** Threads are replaced after as many files: the HDF5 library keeps damaged files open and ends at some two thousand. */
const perThread = 1000

if (values.help) process.stdout.write(help)
else await main()

async function main() {
  const names = Object.keys(subjects).filter(
    (name) => values.only.length === 0 || values.only.some((part) => name.includes(part)),
  )
  console.log('| reader | damaged files | read | refused | other errors | over 2 s | slowest | memory |')
  console.log('|---|---:|---:|---:|---:|---:|---:|---:|')
  for (const name of names) {
    const { read, refused, faults, hangs, slowest, memory } = await fuzz(name, Number(values.files))
    console.log(
      `| ${name} | ${values.files} | ${read} | ${refused} | ${faults.length} | ${hangs.length} | ${slowest.toFixed(0)} ms | ${memory.toFixed(0)} MiB |`,
    )
    for (const { index, error } of faults.slice(0, 3)) console.error(`${name}, file ${index}: ${error}`)
    for (const index of hangs) console.error(`${name}, file ${index} took more than ${limit} ms`)
    const wrong = faults.length > 0 || hangs.length > 0 || slowest > limit || memory > Number(values.memory)
    if (wrong) process.exitCode = 1
  }
}

/** Runs a subject's files; a thread that hangs or dies is replaced by one that begins at the next file. */
async function fuzz(name, count) {
  const total = { read: 0, refused: 0, faults: [], hangs: [], slowest: 0, memory: 0 }
  for (let first = 0; first < count; ) {
    const { done, outcome, hung, died } = await runThread(name, first, Math.min(count, first + perThread), total)
    total.read += outcome.read
    total.refused += outcome.refused
    total.faults.push(...outcome.faults)
    total.slowest = Math.max(total.slowest, outcome.slowest)
    if (hung) total.hangs.push(done - 1)
    if (died !== undefined) total.faults.push({ index: done - 1, error: `the thread died: ${died}` })
    first = done
  }
  return total
}

function runThread(name, first, count, total) {
  const clock = new Int32Array(new SharedArrayBuffer(4))
  const worker = new Worker(new URL('fuzz/worker.mjs', import.meta.url), {
    workerData: { name, count, first, seed: values.seed, clock },
    resourceLimits: { maxOldGenerationSizeMb: 512 },
  })
  let outcome = { read: 0, refused: 0, faults: [], slowest: 0 }
  let last = { index: 0, since: Date.now() }
  return new Promise((resolve) => {
    const finish = async (result) => {
      clearInterval(watch)
      await worker.terminate()
      resolve({ done: Atomics.load(clock, 0), outcome, ...result })
    }
    const watch = setInterval(() => {
      total.memory = Math.max(total.memory, process.memoryUsage().rss / 2 ** 20)
      const index = Atomics.load(clock, 0)
      if (index !== last.index) last = { index, since: Date.now() }
      // Starting a thread is not reading a file.
      else if (index > 0 && Date.now() - last.since > 3 * limit) finish({ hung: true })
    }, 50)
    worker.on('message', ({ finished, ...state }) => {
      outcome = state
      if (finished) finish({})
    })
    worker.on('error', (error) => finish({ died: error.message }))
  })
}
