import { vggSmall } from '@pixelwise/backbones'
import { EagerEngine, type Engine, Rng, useBackend } from '@pixelwise/core'
import { fcn, lateFusion, pixelLoss } from '@pixelwise/fcn'
import { seededTensor } from '@pixelwise/testing'
import { sgd, train } from '@pixelwise/training'
import * as tf from '@tensorflow/tfjs-core'
import type { LayersModel } from '@tensorflow/tfjs-layers'
import { beforeAll, expect, test } from 'vitest'
import { loadOnnxRuntime } from '../node/load-onnx-runtime.js'
import { CompiledEngine } from './compiled-engine.js'

let compiled: CompiledEngine
beforeAll(async () => {
  await useBackend('wasm', { threads: 1 })
  compiled = new CompiledEngine(await loadOnnxRuntime(), { fallback: 'error' })
})

const [height, width] = [20, 27]
const trunk = (seed: number) => vggSmall({ seed, width: 1 / 8 })
const labels = (classes: number) =>
  tf.tidy(() => tf.cast(tf.floor(tf.mul(tf.abs(seededTensor([2, height, width], 'labels')), classes - 0.01)), 'int32'))

const cases: Record<string, { build(): LayersModel; loss: ReturnType<typeof pixelLoss>; classes: number[] }> = {
  'classes balanced and patches sampled': {
    build: () => fcn(trunk(1), { classes: 3, stride: 8, upsampling: 'learned', start: 'msra' }),
    loss: pixelLoss({ classWeights: [1, 2, 0.5], sampling: { keep: 0.4, cell: 8 } }),
    classes: [3],
  },
  'two heads, resized and fused by the maximum': {
    build: () =>
      fcn(trunk(1), {
        classes: { sem: 3, geo: 2 },
        stride: 16,
        upsampling: 'resize',
        fusion: { kind: 'max' },
        start: 'msra',
      }),
    loss: pixelLoss({ heads: [{}, { weight: 0.5, normalization: 'full' }], sampling: { keep: 0.5 } }),
    classes: [3, 2],
  },
  'two trunks that start from the same weights': {
    build: () => {
      const [same, hha] = [trunk(1), trunk(1)]
      hha.model.setWeights(same.model.getWeights()) // tensors that hold the same values
      return lateFusion({ color: same, hha }, { classes: 3, stride: 16, start: 'msra' })
    },
    loss: pixelLoss(),
    classes: [3],
  },
  'two trunks': {
    build: () => lateFusion({ color: trunk(1), hha: trunk(2) }, { classes: 3, stride: 16, start: 'msra' }),
    loss: pixelLoss(),
    classes: [3],
  },
}

test.each(Object.keys(cases))('%s: compiled steps have the losses of eager ones', async (name) => {
  const expected = await losses(name, new EagerEngine())
  const found = await losses(name, compiled)
  expect(new Set(expected).size).toBe(3)
  for (const [i, loss] of expected.entries()) expect(Math.abs(found[i] / loss - 1)).toBeLessThan(1e-4)
})

async function losses(name: string, engine: Engine): Promise<number[]> {
  const { build, loss, classes } = cases[name]
  const model = build()
  const images = () => model.inputs.map((_, i) => seededTensor([2, height, width, 3], `image ${i}`))
  const found: number[] = []
  await train({
    engine,
    model,
    loss,
    data: { next: async () => ({ inputs: images(), targets: classes.map(labels) }) },
    solver: sgd({ learningRate: 0.01, momentum: 0.9 }),
    steps: 3,
    rng: new Rng(3),
    onStep: (event) => {
      found.push(event.loss)
    },
  })
  model.dispose()
  return found
}
