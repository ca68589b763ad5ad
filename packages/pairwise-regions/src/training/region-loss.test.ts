import '@tensorflow/tfjs-layers' // registers the gradients of tfjs
import { vggSmall } from '@pixelwise/backbones'
import { compiledEngine } from '@pixelwise/compiler/node'
import { EagerEngine, type Engine, useBackend } from '@pixelwise/core'
import { type Sample, synthesizeScene } from '@pixelwise/datasets'
import { PixelwiseError, Rng } from '@pixelwise/masks/shared'
import { type Checkpoint, sampledBatches, sgd, stochasticSampler, train } from '@pixelwise/training'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, test } from 'vitest'
import { regionNet } from '../networks/build-region-net.js'
import { retapped } from '../networks/retapped.js'
import { regionBatch } from './region-batch.js'
import { regionLoss } from './region-loss.js'

beforeAll(async () => {
  await useBackend('wasm', { threads: 1 })
})

function smallNet() {
  const backbone = retapped(vggSmall({ seed: 1, width: 0.25, dropout: 0 }), { fine: 'relu2_2', coarse: 'relu3_2' })
  const pathways = [
    { tap: 'fine', kernel: 3, window: 7 },
    { tap: 'coarse', kernel: 3, window: 6 },
  ]
  return regionNet(backbone, { pathways, seed: 1 })
}

const scenes: Sample[] = [1, 2, 3].map((seed) => ({
  id: String(seed),
  ...synthesizeScene(new Rng(seed), { height: 32, width: 48 }),
}))

/** The thesis's training: one whole image per step, drawn at random with replacement, momentum 0.99. */
function trained(engine: Engine, steps: number, more: { resume?: Checkpoint; learningRate?: number } = {}) {
  const net = smallNet()
  const losses: number[] = []
  const checkpoints: Checkpoint[] = []
  const done = train({
    engine,
    model: net.model,
    loss: regionLoss(net),
    solver: sgd({ learningRate: more.learningRate ?? 1e-3, momentum: 0.99 }),
    steps,
    rng: new Rng(3),
    data: sampledBatches({
      sampler: stochasticSampler(scenes.length, new Rng(4)),
      load: async ([index], rng) => regionBatch([scenes[index]], { net, rng, regions: 16 }),
    }),
    checkpoint: { every: 2, save: (checkpoint) => void checkpoints.push(checkpoint) },
    onStep: ({ loss }) => void losses.push(loss),
    ...(more.resume && { resume: more.resume }),
  })
  return done.then(() => ({ net, losses, checkpoints }))
}

describe('training', () => {
  test('is the same compiled', async () => {
    const eager = await trained(new EagerEngine(), 4)
    const compiled = await trained(await compiledEngine({ fallback: 'error', intraOpNumThreads: 1 }), 4)
    compiled.losses.forEach((loss, i) => {
      expect(Math.abs(loss - eager.losses[i])).toBeLessThan(1e-4 * eager.losses[i])
    })
    for (const [i, weight] of eager.net.model.weights.entries()) {
      const difference = tf.sub(compiled.net.model.weights[i].read(), weight.read())
      expect(tf.max(tf.abs(difference)).dataSync()[0]).toBeLessThan(1e-4)
    }
  })

  test('goes on from a checkpoint as if it had not been stopped', async () => {
    const whole = await trained(new EagerEngine(), 4)
    const rest = await trained(new EagerEngine(), 4, { resume: whole.checkpoints[0] })
    expect(rest.losses).toEqual(whole.losses.slice(2))
  })

  test('learns', async () => {
    const { losses } = await trained(new EagerEngine(), 30, { learningRate: 2e-3 })
    const mean = (some: number[]) => some.reduce((total, loss) => total + loss, 0) / some.length
    expect(mean(losses.slice(-6))).toBeLessThan(0.85 * mean(losses.slice(0, 6)))
  })
})

test('the loss of a net is that of its pathways and its scores', () => {
  const net = smallNet()
  const { inputs, targets } = regionBatch([scenes[0]], { net, rng: new Rng(1) })
  const outputs = net.model.apply([...inputs]) as tf.Tensor[]
  const [both, regions, double] = [
    regionLoss(net)(outputs, targets),
    regionLoss({ ...net, scored: false })(outputs.slice(0, 2), targets.slice(0, 5)),
    regionLoss(net, { scoreWeight: 2 })(outputs, targets),
  ].map((loss) => loss.dataSync()[0])
  expect(double - both).toBeCloseTo(both - regions, 4)
  // Of scores near zero each pathway's loss is near log 2.
  expect(both - regions).toBeGreaterThan(0.5 * Math.LN2)
})

test('says which outputs it misses', () => {
  const net = smallNet()
  expect(() => regionLoss(net)([], [tf.scalar(0)])).toThrow(
    new PixelwiseError('regionLoss/wrong-count', {
      what: 'regionLoss: 0 outputs and 1 targets for 2 pathways with scores',
      rule: 'expected 4 outputs and 7 targets',
      next: 'take the outputs of the region net as they come, and the targets from regionBatch with the same net',
    }),
  )
})
