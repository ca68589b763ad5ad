import '@tensorflow/tfjs-backend-cpu'
import { readFileSync } from 'node:fs'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, test } from 'vitest'
import { adam } from './adam.js'
import { doubledBiases } from './presets.js'
import { learningRateAt, type Schedule } from './schedule.js'
import { sgd } from './sgd.js'
import type { Solver } from './solver.js'

type Values = Record<string, number[]>

/** PyTorch's optimisers on gradients that it drew; `oracles/training/pytorch_updates.py` says how. */
const published: {
  start: Record<string, { shape: number[]; values: number[] }>
  gradients: Values[][]
  sgd: Record<string, Values[]>
  adam: Record<string, Values[]>
  schedules: Record<string, number[]>
} = JSON.parse(readFileSync(new URL('./fixtures/updates.pytorch.json', import.meta.url), 'utf8'))

beforeAll(() => tf.setBackend('cpu'))

/** Weights after each update by a solver, with as many of the stored batches as it takes. */
function trajectory(solver: Solver): Values[] {
  const weights = Object.entries(published.start).map(([name, { shape, values }]) => ({
    name,
    variable: tf.tidy(() => tf.variable(tf.tensor(values, shape))),
  }))
  const bound = solver.bind(weights)
  return published.gradients.map((batches, iteration) => {
    bound.begin(iteration)
    batches.slice(0, solver.iterSize).forEach((gradients, part) => {
      const tensors = weights.map(({ name, variable }) => tf.tensor(gradients[name], variable.shape))
      if (part < solver.iterSize - 1) bound.accumulate(tensors)
      else bound.update(tensors)
    })
    return Object.fromEntries(weights.map(({ name, variable }) => [name, [...variable.dataSync()]]))
  })
}

function expectEqual(actual: Values[], expected: Values[]): void {
  expect(actual).toHaveLength(expected.length)
  actual.forEach((weights, update) => {
    for (const [name, values] of Object.entries(weights)) {
      // float32 against float64, over eight updates of weights of about 1
      for (const [i, value] of values.entries()) expect(value).toBeCloseTo(expected[update][name][i], 5)
    }
  })
}

const stepped: Schedule = { policy: 'step', base: 0.1, gamma: 0.5, stepSize: 3 }

describe('eight updates of two weights, biases at twice the rate and without decay, equal PyTorch', () => {
  test.each([
    ['constant rate', sgd({ learningRate: 0.1, momentum: 0.9, weightDecay: 0.05, multipliers: doubledBiases })],
    ['step rate', sgd({ learningRate: stepped, momentum: 0.99, weightDecay: 0.05, multipliers: doubledBiases })],
    [
      'three batches',
      sgd({ learningRate: stepped, momentum: 0.9, weightDecay: 0.05, multipliers: doubledBiases, iterSize: 3 }),
    ],
    [
      'three batches, clipped',
      sgd({
        learningRate: stepped,
        momentum: 0.9,
        weightDecay: 0.05,
        multipliers: doubledBiases,
        iterSize: 3,
        clipGradients: 2.5,
      }),
    ],
  ])('sgd, %s', (name, solver) => {
    expectEqual(trajectory(solver), published.sgd[name])
  })

  test.each([
    ['plain', adam({ learningRate: 0.01, multipliers: doubledBiases })],
    [
      'other settings',
      adam({
        learningRate: 0.01,
        weightDecay: 0.05,
        beta1: 0.5,
        beta2: 0.9,
        epsilon: 1e-3,
        multipliers: doubledBiases,
      }),
    ],
  ])('adam, %s', (name, solver) => {
    expectEqual(trajectory(solver), published.adam[name])
  })
})

test.each<[string, Schedule]>([
  ['fixed', { policy: 'fixed', base: 1e-10 }],
  ['step', { policy: 'step', base: 0.01, gamma: 0.1, stepSize: 7 }],
  ['exp', { policy: 'exp', base: 0.01, gamma: 0.9 }],
  ['inv', { policy: 'inv', base: 0.01, gamma: 0.1, power: 0.75 }],
  ['multistep', { policy: 'multistep', base: 0.01, gamma: 0.1, stepValues: [3, 10, 30] }],
  ['poly', { policy: 'poly', base: 0.01, power: 0.9, maxSteps: 30 }],
  ['sigmoid', { policy: 'sigmoid', base: 0.01, gamma: -0.3, stepSize: 20 }],
])('the policy %s sets the rates of its scheduler in PyTorch, for forty iterations', (policy, schedule) => {
  const expected = published.schedules[policy]
  expect(expected).toHaveLength(40)
  // PyTorch multiplies rates on from step to step, which rounds; the last digits of a float64 differ.
  for (const [i, rate] of expected.entries()) {
    expect(Math.abs(learningRateAt(schedule, i) - rate)).toBeLessThan(1e-12 * 0.01)
  }
})

test('adam refuses settings that make no sense', () => {
  expect(() => adam({ learningRate: 1, beta1: 1 })).toThrow(
    'adam with beta1 1: beta1 must be in 0 ≤ beta1 < 1; the usual settings are beta1 0.9, beta2 0.999, epsilon 1e-8 and iterSize 1',
  )
  expect(() => adam({ learningRate: 1, beta2: -1 })).toThrow('adam with beta2 -1: beta2 must be in 0 ≤ beta2 < 1; ')
  expect(() => adam({ learningRate: 1, epsilon: 0 })).toThrow('adam with epsilon 0: epsilon must be > 0; ')
  expect(() => adam({ learningRate: 1, iterSize: 0 })).toThrow('adam with iterSize 0: ')
})
