import '@tensorflow/tfjs-backend-cpu'
import { readFileSync } from 'node:fs'
import { vgg } from '@pixelwise/backbones'
import { EagerEngine, Rng } from '@pixelwise/core'
import { type Batch, doubledBiases, sgd, train } from '@pixelwise/training'
import * as tf from '@tensorflow/tfjs-core'
import type { LayersModel } from '@tensorflow/tfjs-layers'
import { beforeAll, expect, test } from 'vitest'
import { fcn8s } from './fcn.js'
import { pixelLoss } from './pixel-loss.js'

type Values = Record<string, number[]>
interface Steps {
  readonly learningRate: number
  readonly losses: number[]
  readonly weights: Values
}

/** PyTorch's three steps from the same weights; the net is written out in `oracles/training/pytorch_fcn8s.py`. */
const published: { start: Values; valid: Steps; none: Steps } = JSON.parse(
  readFileSync(new URL('./fixtures/training-steps.pytorch.json', import.meta.url), 'utf8'),
)
const classes = 4
const sizes = [
  [45, 61],
  [61, 45],
  [50, 50],
]

beforeAll(() => tf.setBackend('cpu'))

function smallFcn8s(): LayersModel {
  const backbone = vgg({
    name: 'small',
    stages: [3, 4, 5, 5, 6].map((channels) => ({ depth: 1, channels })),
    classifier: { kernel: 3, channels: 7, pad: 1 },
    dropout: 0,
    preprocessing: { inputKind: 'rgb', channelOrder: 'rgb', mean: [0, 0, 0], scale: [1, 1, 1] },
  })
  const model = fcn8s(backbone, { classes })
  for (const weight of model.trainableWeights) {
    tf.tidy(() => {
      weight.write(tf.tensor(published.start[weight.originalName], weight.shape as number[]))
    })
  }
  return model
}

/** The images and labels that the oracle makes of the same formulas. */
function example(step: number): Batch {
  const [height, width] = sizes[step]
  const image = Float32Array.from({ length: height * width * 3 }, (_, i) => Math.sin(i * (0.013 + 0.004 * step)))
  const labels = Int32Array.from({ length: height * width }, (_, pixel) => {
    const [row, column] = [Math.floor(pixel / width), pixel % width]
    if ((row * column) % 7 === 3) return 255
    return (Math.floor(row / 9) + Math.floor(column / 11) + step) % classes
  })
  return { inputs: [tf.tensor4d(image, [1, height, width, 3])], targets: [tf.tensor3d(labels, [1, height, width])] }
}

test.each(['valid', 'none'] as const)(
  'three steps of a small FCN-8s at three sizes end with the weights of PyTorch, the loss divided by: %s',
  async (normalization) => {
    const { learningRate, losses, weights } = published[normalization]
    const model = smallFcn8s()
    const found: number[] = []
    await train({
      engine: new EagerEngine(),
      model,
      data: { next: async ({ step }) => example(step) },
      loss: pixelLoss({ normalization }),
      solver: sgd({ learningRate, momentum: 0.99, weightDecay: 5e-4, multipliers: doubledBiases }),
      steps: 3,
      rng: new Rng(1),
      onStep: ({ loss }) => void found.push(loss),
    })
    for (const [step, loss] of losses.entries()) expect(found[step] / loss).toBeCloseTo(1, 5)
    expect(model.trainableWeights.map((weight) => weight.originalName).sort()).toEqual(Object.keys(weights).sort())
    for (const weight of model.trainableWeights) {
      const values = weight.read().dataSync()
      const expected = weights[weight.originalName]
      const changed = expected.some((value, i) => Math.abs(value - published.start[weight.originalName][i]) > 1e-4)
      expect(changed).toBe(true) // or equality would mean nothing
      for (const [i, value] of values.entries()) expect(Math.abs(value - expected[i])).toBeLessThan(1e-5)
    }
  },
)
