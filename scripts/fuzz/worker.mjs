/** The thread of one subject: damages files, has them read and notes what happens; the main thread watches the clock. */
import { parentPort, workerData } from 'node:worker_threads'
import { PixelwiseError, Rng } from '@pixelwise/masks/shared'
import { subjects } from './subjects.mjs'

const { name, count, first, seed, clock } = workerData
const { seeds, damage, read } = await subjects[name]()
const genuine = await readable(seeds)
const outcome = { read: 0, refused: 0, faults: [], slowest: 0 }

for (let index = first; index < count; index++) {
  const rng = new Rng(seed).split(`${name} ${index}`)
  const bytes = damage(rng.pick(genuine), rng)
  Atomics.store(clock, 0, index + 1)
  const start = performance.now()
  try {
    await read(bytes)
    outcome.read++
  } catch (error) {
    if (error instanceof PixelwiseError) outcome.refused++
    else outcome.faults.push({ index, error: String(error?.stack ?? error).slice(0, 600) })
  }
  const milliseconds = performance.now() - start
  outcome.slowest = Math.max(outcome.slowest, milliseconds)
  if (index % 50 === 49) parentPort.postMessage({ ...outcome, done: index + 1 })
}
parentPort.postMessage({ ...outcome, done: count, finished: true })

/** The files that are right for this reader; of the PNG files some hold no labels. */
async function readable(files) {
  const right = []
  for (const file of files) {
    const fits = await (async () => read(file))().then(
      () => true,
      () => false,
    )
    if (fits) right.push(file)
  }
  if (right.length === 0) throw new Error(`${name} reads none of its own files`)
  return right
}
