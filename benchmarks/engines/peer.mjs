/** One of the peers of benchmarks/engines.mjs: answers every line on stdin with the milliseconds of one run. */
import { readFileSync } from 'node:fs'
import { performance } from 'node:perf_hooks'
import { createInterface } from 'node:readline'
import { compiledEngine, loadOnnxRuntime } from '@pixelwise/compiler/node'
import { EagerEngine, Rng, seededMasks, useBackend } from '@pixelwise/core'
import { pixelLoss } from '@pixelwise/fcn'
import { sgd } from '@pixelwise/training'
import * as tf from '@tensorflow/tfjs-core'
import { buildNet } from './nets.mjs'

const [kind, text] = process.argv.slice(2)
const net = JSON.parse(text)
const [height, width] = net.size

if (kind === 'onnxruntime') await serveFile(net.file)
else if (kind === 'train') await serveTraining()
else await servePrediction(kind)

/** The file that PyTorch exported, on the same ONNX Runtime that the compiled engine uses. */
async function serveFile(file) {
  const runtime = await loadOnnxRuntime()
  const start = performance.now()
  const session = await runtime.InferenceSession.create(file)
  const image = new runtime.Tensor('float32', pixels(3 * height * width), [1, 3, height, width])
  await serve(() => session.run({ image }), { prepared: performance.now() - start })
}

async function servePrediction(kind) {
  const model = await start(kind === 'eager' ? 'wasm' : 'cpu')
  const engine = kind === 'eager' ? new EagerEngine() : await strict({ reuseBorders: kind !== 'whole' })
  const begin = performance.now()
  const prepared = await engine.prepare(model)
  const run = async ([h, w]) => {
    const image = tf.tensor(pixels(h * w * 3), [1, h, w, 3])
    const outputs = await prepared.run([image])
    for (const output of outputs) await output.data()
    tf.dispose([image, outputs])
  }
  await serve(
    () => run([height, width]),
    { prepared: performance.now() - begin },
    () => run([375, 500]),
  )
}

async function serveTraining() {
  const model = await start()
  fillHeads(model)
  const engine = await strict()
  const loss = pixelLoss()
  const weights = model.trainableWeights.map((weight) => ({ name: weight.originalName, variable: weight.read() }))
  const solver = sgd({ learningRate: 1e-10, momentum: 0.9, weightDecay: 0.0005 }).bind(weights)
  const step = await engine.prepareStep({
    variables: solver.variables,
    state: solver.state,
    loss: ([input, wanted]) => loss([model.apply(input, { training: true })].flat(), [wanted]),
    update: (gradients) => solver.update(gradients),
  })
  const image = tf.tensor(pixels(height * width * 3), [1, height, width, 3])
  const classes = Int32Array.from({ length: height * width }, (_, i) => i % 21)
  const labels = tf.tensor(classes, [1, height, width], 'int32')
  solver.begin(0)
  await serve(() => step.run([image, labels], seededMasks(new Rng(1))), {})
}

/**
 * Scorers start at zero, so that the trunk's first gradients are zero and the next ones denormal numbers, which processors
 * multiply many times slower. PyTorch's start at random ones; so do ours here.
 */
function fillHeads(model) {
  const rng = new Rng(2)
  for (const layer of model.layers.filter(({ name }) => name.startsWith('score_'))) {
    const weights = layer.getWeights()
    layer.setWeights(
      weights.map(({ shape, size }) =>
        tf.tensor(
          Float32Array.from({ length: size }, () => 0.02 * rng.uniform() - 0.01),
          shape,
        ),
      ),
    )
  }
}

/** Compiled nets need no heap of wasm. */
async function start(backend = 'cpu') {
  tf.env().set('PROD', true)
  await useBackend(backend)
  return buildNet(net)
}

function strict(options = {}) {
  const cache = net.cache === undefined ? false : { folder: net.cache }
  return compiledEngine({ fallback: 'error', cache, ...options })
}

async function serve(run, about, second) {
  const first = await timed(run)
  const more = second === undefined ? {} : { second: await timed(second) }
  answer({ ready: true, first, ...more, ...about, version: process.version })
  for await (const _ of createInterface({ input: process.stdin })) answer({ ms: await timed(run), peak: peakMemory() })
}

async function timed(run) {
  const begin = performance.now()
  await run()
  return performance.now() - begin
}

/** Most memory that the process ever held, in bytes; the kernel's own count where it tells. */
function peakMemory() {
  try {
    return 1024 * Number(/VmHWM:\s*(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1])
  } catch {
    return process.resourceUsage().maxRSS * 1024
  }
}

function answer(report) {
  process.stdout.write(`${JSON.stringify(report)}\n`)
}

function pixels(length) {
  return Float32Array.from({ length }, (_, i) => ((i * 7919) % 201) - 100)
}
