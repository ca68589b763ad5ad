/**
 * Trains the demo's net for 1,000 steps and predicts 1,000 times on wasm, and looks for growth.
 *
 *     node scripts/leak-test.mjs [--steps 1000] [--backend wasm] [--leak 16]
 *
 * Counts tensors after every step: any growth fails. Samples resident memory, and the JavaScript heap after collecting garbage, fits a
 * line to each after a warm-up, and fails when a slope is both certain (99.9 %) and more than a step may leave behind. `--leak` keeps
 * that many kilobytes per step on purpose: the test must then fail.
 *
 * Exit code 0: no growth, 1: growth, 2: wrong use. Build the packages first (`npm run setup`).
 */
import { parseArgs } from 'node:util'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { vggSmall } from '@pixelwise/backbones'
import { EagerEngine, Rng, useBackend } from '@pixelwise/core'
import { fcn8s, pixelBatch, pixelLoss } from '@pixelwise/fcn'
import { sgd, train } from '@pixelwise/training'
import * as tf from '@tensorflow/tfjs-core'

/** Steps before the fit: heaps and caches find their size. */
const WARM_UP_SHARE = 0.3
const BLOCKS = 12
/** Quantile of Student's t, 10 degrees of freedom, two-sided 99.9 %. */
const CERTAIN = 4.587
/** A slope below this is the allocator's noise: less than one 32×32 map of one channel per step. */
const ALLOWED_BYTES_PER_STEP = 4096
const CLASSES = 5
/** Sizes take turns, so that buffers of many sizes come and go. */
const SIZES = [
  [48, 64],
  [64, 48],
  [61, 67],
]

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc')

const options = readOptions()
if (options === undefined) process.exitCode = 2
else process.exitCode = (await main(options)) ? 0 : 1

async function main({ steps, backend, leak }) {
  const { chosen } = await useBackend(backend)
  console.log(
    `${steps} training steps and ${steps} predictions on ${chosen}${leak > 0 ? `, leaking ${leak} kB each` : ''}`,
  )
  const backbone = vggSmall({ seed: 1 })
  const model = fcn8s(backbone, { classes: CLASSES })
  const engine = new EagerEngine()
  const phases = [await watchTraining(), await watchPrediction()]
  return phases.map((phase) => report(phase)).every((flat) => flat)

  async function watchTraining() {
    const watch = newWatch('train', steps, leak)
    await train({
      engine,
      model,
      loss: pixelLoss(),
      data: { next: async ({ step }, rng) => pixelBatch([example(step, rng)], backbone) },
      solver: sgd({ learningRate: 1e-3, momentum: 0.9, weightDecay: 5e-4 }),
      steps,
      rng: new Rng(1),
      onStep: () => watch.sample(),
    })
    return watch
  }

  async function watchPrediction() {
    const watch = newWatch('predict', steps, leak)
    const prepared = await engine.prepare(model)
    const rng = new Rng(2)
    for (let step = 0; step < steps; step++) {
      const { inputs, targets } = pixelBatch([example(step, rng)], backbone)
      const outputs = await prepared.run(inputs)
      await outputs[0].data()
      tf.dispose([...inputs, ...targets, ...outputs])
      watch.sample()
    }
    prepared.dispose()
    return watch
  }
}

/** An image of noise with labels in four stripes. */
function example(step, rng) {
  const [height, width] = SIZES[step % SIZES.length]
  const data = Uint8Array.from({ length: height * width * 3 }, () => rng.integer(256))
  const labels = Uint8Array.from({ length: height * width }, (_, i) => Math.floor((4 * i) / (height * width)))
  return { image: { height, width, channels: 3, data }, labels: { height, width, labels } }
}

function newWatch(name, steps, leak) {
  const tensors = []
  const resident = []
  const heap = []
  const kept = []
  let heapInUse = 0
  return {
    name,
    steps,
    tensors,
    resident,
    heap,
    sample() {
      if (leak > 0) kept.push(tf.keep(tf.ones([leak * 256])))
      tensors.push(tf.memory().numTensors)
      if (tensors.length % 20 === 1) {
        collectGarbage()
        heapInUse = process.memoryUsage().heapUsed
      }
      heap.push(heapInUse)
      resident.push(process.memoryUsage.rss())
    },
  }
}

/** Prints what was seen and returns whether nothing grew. */
function report({ name, steps, tensors, resident, heap }) {
  const warm = Math.floor(steps * WARM_UP_SHARE)
  const tensorsGrow = Math.max(...tensors.slice(warm)) > tensors[0]
  const verdict = (grows) => (grows ? 'GROWS' : 'no growth')
  console.log(
    `${name}: ${tensors[0]} tensors after step 1, ${tensors.at(-1)} after step ${steps}: ${verdict(tensorsGrow)}`,
  )
  const slopes = Object.entries({ 'resident memory': resident, 'JavaScript heap': heap }).map(([kind, samples]) => {
    const { slope, error } = fitLine(blockMeans(samples.slice(warm)))
    const grows = slope > CERTAIN * error && slope > ALLOWED_BYTES_PER_STEP
    console.log(
      `${name}: ${kind} ${megabytes(samples[warm])} MB after warm-up, ${megabytes(samples.at(-1))} MB at the end, ` +
        `slope ${slope.toFixed(0)} ± ${error.toFixed(0)} bytes per step: ${verdict(grows)}`,
    )
    return grows
  })
  return !tensorsGrow && !slopes.includes(true)
}

function megabytes(bytes) {
  return (bytes / 2 ** 20).toFixed(1)
}

/** Means of consecutive blocks: neighbouring samples hang together and would make a fit look surer than it is. */
function blockMeans(samples) {
  const length = Math.floor(samples.length / BLOCKS)
  return Array.from({ length: BLOCKS }, (_, block) => {
    const part = samples.slice(block * length, (block + 1) * length)
    return { x: (block + 0.5) * length, y: part.reduce((sum, value) => sum + value, 0) / length }
  })
}

/** Least squares: slope and its standard error. */
function fitLine(points) {
  const mean = (pick) => points.reduce((sum, point) => sum + pick(point), 0) / points.length
  const [x, y] = [mean((point) => point.x), mean((point) => point.y)]
  const spread = points.reduce((sum, point) => sum + (point.x - x) ** 2, 0)
  const slope = points.reduce((sum, point) => sum + (point.x - x) * (point.y - y), 0) / spread
  const residual = points.reduce((sum, point) => sum + (point.y - y - slope * (point.x - x)) ** 2, 0)
  return { slope, error: Math.sqrt(residual / (points.length - 2) / spread) }
}

function readOptions() {
  try {
    const { values } = parseArgs({
      options: { steps: { type: 'string' }, backend: { type: 'string' }, leak: { type: 'string' } },
    })
    const steps = Number(values.steps ?? 1000)
    const leak = Number(values.leak ?? 0)
    if (!(Number.isInteger(steps) && steps >= 100)) throw new Error(`--steps ${values.steps}: at least 100 are needed`)
    if (!(leak >= 0)) throw new Error(`--leak ${values.leak}: expected kilobytes per step`)
    return { steps, backend: values.backend ?? 'wasm', leak }
  } catch (error) {
    console.error(error.message)
    return undefined
  }
}
