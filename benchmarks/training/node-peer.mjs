/** Trains FCN-8s on one of our engines; see line-peer.mjs. */
import { createInterface } from 'node:readline'
import { vggSmall } from '@pixelwise/backbones'
import { compiledEngine } from '@pixelwise/compiler/node'
import { EagerEngine, Rng, useBackend } from '@pixelwise/core'
import { fcn8s, pixelLoss } from '@pixelwise/fcn'
import { doubledBiases, sgd, train } from '@pixelwise/training'
import * as tf from '@tensorflow/tfjs-core'

const [engineName] = process.argv.slice(2)
let settings
let session

for await (const line of createInterface({ input: process.stdin })) {
  const message = JSON.parse(line)
  const answer = await answerTo(message).catch((error) => ({ absent: error.message }))
  process.stdout.write(`${JSON.stringify(answer)}\n`)
}

async function answerTo({ steps, ...rest }) {
  if (session === undefined) {
    settings = rest
    session = await start()
  }
  if (steps === 0) return { peakMiB: process.resourceUsage().maxRSS / 1024, versions: session.versions }
  const [milliseconds, loss] = await session.run(steps)
  return { milliseconds, loss, parameters: session.parameters }
}

/** `train` runs in one go and waits before each step that nobody has asked for yet. */
async function start() {
  tf.env().set('PROD', true)
  const isCompiled = engineName === 'compiled'
  const { chosen, threads } = await useBackend(isCompiled ? 'wasm' : engineName)
  const engine = isCompiled ? await compiledEngine({ fallback: 'error' }) : new EagerEngine()
  const { height, width, batch, classes } = settings
  const model = fcn8s(vggSmall({ seed: 1 }), { classes })
  const rng = new Rng(1)
  const pixels = Float32Array.from({ length: batch * height * width * 3 }, () => rng.normal())
  const labels = Int32Array.from({ length: batch * height * width }, (_, i) => i % classes)
  const gate = newGate()
  let [asked, done, loss] = [0, undefined, Number.NaN]
  train({
    engine,
    model,
    loss: pixelLoss(),
    data: {
      next: async () => {
        if (asked === 0) await gate.opened()
        asked--
        return {
          inputs: [tf.tensor4d(pixels, [batch, height, width, 3])],
          targets: [tf.tensor3d(labels, [batch, height, width], 'int32')],
        }
      },
    },
    solver: sgd({ learningRate: 1e-3, momentum: 0.9, weightDecay: 5e-4, multipliers: doubledBiases }),
    steps: 1e9,
    rng,
    onStep: (event) => {
      loss = event.loss
      if (asked === 0) done.resolve()
    },
  }).catch((error) => done.reject(error))
  return {
    parameters: model.countParams(),
    versions: isCompiled
      ? 'ONNX Runtime'
      : `tfjs ${tf.version_core}, ${chosen}${threads === undefined ? '' : `, ${threads} threads`}`,
    run: async (steps) => {
      done = Promise.withResolvers?.() ?? withResolvers()
      asked = steps
      const started = performance.now()
      gate.open()
      await done.promise
      return [performance.now() - started, loss]
    },
  }
}

function newGate() {
  let waiting = withResolvers()
  return {
    opened: () => waiting.promise,
    open: () => {
      waiting.resolve()
      waiting = withResolvers()
    },
  }
}

function withResolvers() {
  const result = {}
  result.promise = new Promise((resolve, reject) => Object.assign(result, { resolve, reject }))
  return result
}
