import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, test } from 'vitest'
import { type SgdOptions, sgd } from './sgd.js'

beforeAll(() => tf.setBackend('cpu'))

function bindOne(options: SgdOptions, start: number[]) {
  const variable = tf.tidy(() => tf.variable(tf.tensor1d(start)))
  const solver = sgd(options).bind([{ name: 'score/kernel', variable }])
  const momentum = async () => [...(await solver.save())[0].values]
  return { variable, solver, momentum }
}

describe("Caffe's rule", () => {
  test('gives the published velocities and weights', async () => {
    const { variable, solver, momentum } = bindOne({ learningRate: 0.1, momentum: 0.9, weightDecay: 0.01 }, [1])
    const velocities = [0.011, 0.020889, 0.029768211]
    const weights = [0.989, 0.968111, 0.938342789]
    for (let i = 0; i < 3; i++) {
      solver.begin(i)
      solver.update([tf.tensor1d([0.1])])
      expect((await momentum())[0]).toBeCloseTo(velocities[i], 8) // float32
      expect(variable.dataSync()[0]).toBeCloseTo(weights[i], 7)
    }
  })

  test('a change of rate leaves the velocity as it is', async () => {
    const schedule = { policy: 'step', base: 1, gamma: 0.5, stepSize: 1 } as const
    const { variable, solver, momentum } = bindOne({ learningRate: schedule, momentum: 0.5 }, [0])
    expect(solver.begin(0)).toBe(1)
    solver.update([tf.tensor1d([8])])
    expect(solver.begin(1)).toBe(0.5)
    solver.update([tf.tensor1d([8])])
    expect(await momentum()).toEqual([8]) // 0.5·8 + 0.5·8; with the rate outside it would be 0.5·(0.5·8 + 8) = 6
    expect([...variable.dataSync()]).toEqual([-16])
  })

  test('averages the gradients of a step before it adds the decay', () => {
    const { variable, solver } = bindOne({ learningRate: 1, weightDecay: 0.5, iterSize: 4 }, [2, 4])
    for (const step of [0, 1]) {
      solver.begin(step)
      for (const g of [1, 2, 3]) solver.accumulate([tf.tensor1d([g, 0])])
      solver.update([tf.tensor1d([6, 0])])
    }
    // w − (12/4 + w/2), twice: 2 → −2 → −4 and 4 → 2 → 1
    expect([...variable.dataSync()]).toEqual([-4, 1])
  })

  test('multiplies rate and decay of single weights and leaves out those of rate 0', () => {
    const weights = ['conv/kernel', 'conv/bias', 'up/kernel'].map((name) => ({
      name,
      variable: tf.variable(tf.tensor1d([8])),
    }))
    const solver = sgd({
      learningRate: 0.25,
      weightDecay: 0.5,
      multipliers: (name) =>
        name === 'up/kernel' ? { learningRate: 0 } : name.endsWith('bias') ? { learningRate: 2, decay: 0 } : {},
    }).bind(weights)
    expect(solver.variables).toEqual(weights.slice(0, 2).map(({ variable }) => variable))
    solver.begin(0)
    solver.update([tf.tensor1d([4]), tf.tensor1d([4])])
    expect(weights.map(({ variable }) => variable.dataSync()[0])).toEqual([6, 6, 8]) // 8 − ¼(4 + 4), 8 − ½·4, fixed
  })

  test('scales gradients whose norm over all weights is too long, before averaging', () => {
    const weights = ['a', 'b'].map((name) => ({ name, variable: tf.variable(tf.tensor1d([0])) }))
    const solver = sgd({ learningRate: 1, clipGradients: 1 }).bind(weights) // with the rate of the first step
    solver.update([tf.tensor1d([3]), tf.tensor1d([4])])
    expect(weights.map(({ variable }) => variable.dataSync()[0])).toEqual([-Math.fround(0.6), -Math.fround(0.8)])
    solver.update([tf.tensor1d([0]), tf.tensor1d([0])])
    expect(weights[0].variable.dataSync()[0]).toBe(-Math.fround(0.6)) // a norm of 0 divides nothing
  })
})

describe('state', () => {
  test('is saved and restored, and freed', async () => {
    const before = tf.memory().numTensors
    const first = bindOne({ learningRate: 1, momentum: 0.5 }, [1, 2])
    const gradient = tf.tensor1d([1, 1])
    first.solver.begin(0)
    first.solver.update([gradient])
    const saved = await first.solver.save()
    expect(saved).toEqual([{ name: 'score/kernel/momentum', shape: [2], values: Float32Array.of(1, 1) }])
    const second = bindOne({ learningRate: 1, momentum: 0.5 }, [0, 1])
    second.solver.restore(saved)
    expect(await second.momentum()).toEqual([1, 1])
    first.solver.dispose()
    second.solver.dispose()
    tf.dispose([first.variable, second.variable, gradient])
    expect(tf.memory().numTensors).toBe(before)
  })

  test('of another net is refused by name and shape', () => {
    const { solver } = bindOne({ learningRate: 1 }, [0, 1])
    const array = (name: string, ...shape: number[]) => ({ name, shape, values: new Float32Array(2) })
    expect(() => solver.restore([])).toThrow(
      'solver state has no "score/kernel/momentum": a checkpoint fits the net and the solver that wrote it, with layers of the same names; rebuild the net as it was, name its layers, or start without the checkpoint',
    )
    expect(() => solver.restore([array('score/kernel/momentum', 1, 2)])).toThrow(
      'solver state has "score/kernel/momentum" of shape [1, 2], the net has [2]: ',
    )
    expect(() => solver.restore([array('score/kernel/momentum', 2), array('x', 2)])).toThrow(
      'solver state has "x", which the net lacks: ',
    )
  })
})

test('refuses settings that make no sense', () => {
  expect(() => sgd({ learningRate: 1, momentum: 1 })).toThrow(
    'sgd with momentum 1: momentum must be in 0 ≤ momentum < 1; the field starts from momentum 0.9, weightDecay 0.0005 and iterSize 1',
  )
  expect(() => sgd({ learningRate: 1, iterSize: 0.5 })).toThrow(
    'sgd with iterSize 0.5: iterSize must be a whole number ≥ 1',
  )
  expect(() => sgd({ learningRate: 1, weightDecay: -1 })).toThrow('sgd with weightDecay -1: weightDecay must be ≥ 0')
  expect(() => sgd({ learningRate: 1, clipGradients: 0 })).toThrow(
    'sgd with clipGradients 0: clipGradients must be > 0',
  )
  expect(() => sgd({ learningRate: -1 })).toThrow(
    'learning rate policy "fixed" with base -1: base must be a number ≥ 0',
  )
})
