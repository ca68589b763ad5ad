import '@tensorflow/tfjs-backend-cpu'
import { vggSmall } from '@pixelwise/backbones'
import { Dropout, EagerEngine, Rng, seededMasks } from '@pixelwise/core'
import { fcn8s } from '@pixelwise/fcn'
import { PixelwiseError } from '@pixelwise/masks/shared'
import { seededTensor } from '@pixelwise/testing'
import * as tf from '@tensorflow/tfjs-core'
import * as tfl from '@tensorflow/tfjs-layers'
import { beforeAll, describe, expect, test } from 'vitest'
import { relativeDifference } from '../../test-support/relative-difference.js'
import { withRandomWeights } from '../../test-support/with-random-weights.js'
import { loadOnnxRuntime } from '../node/load-onnx-runtime.js'
import { CompiledEngine } from './compiled-engine.js'
import type { OnnxRuntime } from './onnx-runtime.js'

let runtime: OnnxRuntime
beforeAll(async () => {
  await tf.setBackend('cpu')
  runtime = await loadOnnxRuntime()
})

const strict = () => new CompiledEngine(runtime, { fallback: 'error' })

describe('prediction', () => {
  test('FCN-8s on the small VGG scores as it does eagerly, at every size', async () => {
    const model = withRandomWeights(fcn8s(vggSmall({ seed: 1 }), { classes: 3 }))
    const [compiled, eager] = [await strict().prepare(model), await new EagerEngine().prepare(model)]
    const before = tf.memory().numTensors
    for (const shape of [
      [1, 32, 40, 3],
      [2, 33, 31, 3],
    ]) {
      const image = tf.tidy(() => tf.mul(seededTensor(shape, 'image'), 100))
      const [[actual], [expected]] = [await compiled.run([image]), await eager.run([image])]
      expect(relativeDifference(actual, expected)).toBeLessThan(1e-5)
      tf.dispose([image, actual, expected])
    }
    expect(tf.memory().numTensors).toBe(before)
    compiled.dispose()
  })

  test('follows a change of the weights', async () => {
    const model = tfl.sequential({ layers: [tfl.layers.dense({ units: 1, inputShape: [2] })] })
    const compiled = await strict().prepare(model)
    const input = tf.tensor2d([[1, 10]])
    model.setWeights([tf.tensor2d([[1], [2]]), tf.tensor1d([0.5])])
    expect((await compiled.run([input]))[0].dataSync()[0]).toBe(21.5)
    model.setWeights([tf.tensor2d([[3], [2]]), tf.tensor1d([0.5])])
    expect((await compiled.run([input]))[0].dataSync()[0]).toBe(23.5)
  })

  test('takes values as tensors of their type, whatever array tfjs keeps a cast in', async () => {
    const model = tfl.sequential({ layers: [tfl.layers.dense({ units: 2, inputShape: [3], useBias: false })] })
    const whole = tf.tensor2d([1, 2, 3, 4, 5, 6], [3, 2], 'int32')
    model.setWeights([tf.cast(whole, 'float32')])
    const compiled = await strict().prepare(model)
    const [scores] = await compiled.run([tf.cast(tf.tensor2d([[1, 0, 1]], [1, 3], 'int32'), 'float32')])
    expect([...scores.dataSync()]).toEqual([6, 8])
    const mask = tf.cast(tf.tensor1d([1, 0], 'bool'), 'float32')
    const masked = tfl.sequential({ layers: [new Applied((x) => tf.mul(x, mask), { inputShape: [2] })] })
    const [kept] = await (await strict().prepare(masked)).run([tf.tensor2d([[3, 4]])])
    expect([...kept.dataSync()]).toEqual([3, 0])
  })

  test('calls at the same time share what is compiled, and sizes beyond the limit make room', async () => {
    const model = tfl.sequential({ layers: [tfl.layers.reLU({ inputShape: [null, 2] })] })
    const compiled = await new CompiledEngine(runtime, { fallback: 'error', cachedSizes: 2 }).prepare(model)
    const runs = [1, 1, 2, 3, 1].map((length) => compiled.run([tf.fill([1, length, 2], length)]))
    const results = (await Promise.all(runs)).map(([output]) => output.dataSync()[0])
    expect(results).toEqual([1, 1, 2, 3, 1])
  })

  test('refuses to keep no size', () => {
    expect(() => new CompiledEngine(runtime, { cachedSizes: 0 })).toThrow(
      'cachedSizes is 0: it must be a whole number of at least 1: the size in use stays compiled; pass another number, or leave it out',
    )
  })

  test('says how many inputs a model takes', async () => {
    const model = tfl.sequential({ layers: [tfl.layers.dense({ units: 1, inputShape: [2], name: 'd' })], name: 'net' })
    await expect((await strict().prepare(model)).run([])).rejects.toThrow(
      'model "net" was given 0 inputs: it takes 1: d_input; pass one tensor per input, in that order',
    )
  })
})

describe('training', () => {
  test('five steps with momentum, dropout and batch normalisation change the weights as eager ones do', async () => {
    const build = () => {
      const image = tfl.input({ shape: [null, null, 2] })
      const layers = [
        // No bias before batch normalisation: its gradient is zero, so all that it learns is rounding.
        tfl.layers.conv2d({
          filters: 4,
          kernelSize: 3,
          padding: 'same',
          useBias: false,
          kernelInitializer: tfl.initializers.glorotUniform({ seed: 7 }),
        }),
        tfl.layers.batchNormalization(),
        tfl.layers.activation({ activation: 'relu' }),
        tfl.layers.maxPooling2d({ poolSize: 3, strides: 2 }),
        new Dropout({ rate: 0.3, name: 'drop' }),
        tfl.layers.conv2d({
          filters: 3,
          kernelSize: 1,
          kernelInitializer: tfl.initializers.glorotUniform({ seed: 8 }),
        }),
      ]
      const output = layers.reduce((value, layer) => layer.apply(value) as tfl.SymbolicTensor, image)
      return tfl.model({ inputs: image, outputs: output })
    }
    const x = seededTensor([2, 9, 9, 2], 'batch')
    const target = seededTensor([2, 4, 4, 3], 'target')
    const results = []
    for (const engine of [strict(), new EagerEngine()]) {
      const model = build()
      const variables = model.trainableWeights.map((weight) => weight.read() as tf.Variable)
      const momenta = variables.map((variable) => tf.tidy(() => tf.variable(tf.zerosLike(variable))))
      const rate = tf.variable(tf.scalar(0))
      const step = await engine.prepareStep({
        variables,
        state: [...momenta, rate],
        loss: ([input, wanted]) => {
          const output = model.apply(input, { training: true }) as tf.Tensor
          return tf.mean(tf.squaredDifference(output, wanted))
        },
        update: (gradients) =>
          tf.tidy(() => {
            for (const [i, gradient] of gradients.entries()) {
              momenta[i].assign(tf.add(tf.mul(momenta[i], 0.9), tf.mul(rate, gradient)))
              variables[i].assign(tf.sub(variables[i], momenta[i]))
            }
          }),
      })
      const losses = []
      for (let i = 0; i < 5; i++) {
        rate.assign(tf.scalar(0.1 / (i + 1)))
        losses.push(await step.run([x, target], seededMasks(new Rng(3).split(i))))
      }
      step.dispose()
      results.push({ losses, weights: model.weights.map((weight) => weight.read()) })
    }
    const [compiled, eager] = results
    for (const [i, loss] of eager.losses.entries()) expect(Math.abs(compiled.losses[i] / loss - 1)).toBeLessThan(1e-5)
    expect(eager.losses[4]).toBeLessThan(eager.losses[0])
    for (const [i, weight] of eager.weights.entries()) {
      expect(relativeDifference(compiled.weights[i], weight), `weight ${i}`).toBeLessThan(1e-5)
    }
  })

  test('keeps no tensor from step to step', async () => {
    const weight = tf.variable(tf.scalar(2))
    const step = await strict().prepareStep({
      variables: [weight],
      state: [],
      loss: ([x]) => tf.square(tf.sub(x, weight)),
      update: ([gradient]) => tf.tidy(() => weight.assign(tf.sub(weight, tf.mul(gradient, 0.25)))),
    })
    const x = tf.scalar(10)
    expect(await step.run([x])).toBe(64)
    const before = tf.memory().numTensors
    expect(await step.run([x])).toBe(16) // 2 → 6
    expect(weight.dataSync()[0]).toBe(8)
    expect(tf.memory().numTensors).toBe(before)
    step.dispose()
  })
})

describe('training at many sizes', () => {
  /** Moves a weight towards the mean of what it is shown. */
  const definitionOf = (weight: tf.Variable) => ({
    variables: [weight],
    state: [],
    loss: ([x]: readonly tf.Tensor[]) => tf.mean(tf.square(tf.sub(x, weight))),
    update: ([gradient]: readonly tf.Tensor[]) =>
      tf.tidy(() => void weight.assign(tf.sub(weight, tf.mul(gradient, 0.5)))),
  })

  test('keeps two sessions, or as many as asked for', async () => {
    for (const [cachedSizes, most] of [
      [undefined, 2],
      [3, 3],
    ]) {
      const { counted, alive } = counting(runtime)
      const engine = new CompiledEngine(counted, { fallback: 'error', ...(cachedSizes && { cachedSizes }) })
      const step = await engine.prepareStep(definitionOf(tf.variable(tf.scalar(0))))
      let largest = 0
      for (const length of [1, 2, 3, 4, 5, 3, 1]) {
        await step.run([tf.ones([length])])
        largest = Math.max(largest, alive())
      }
      expect(largest).toBe(most)
      step.dispose()
      await new Promise(setImmediate)
      expect(alive()).toBe(0)
    }
  })

  test('finishes a step that is disposed while it runs', async () => {
    const weight = tf.variable(tf.scalar(0))
    const step = await strict().prepareStep(definitionOf(weight))
    const running = step.run([tf.ones([4])])
    step.dispose()
    expect(await running).toBe(1)
    expect(weight.dataSync()[0]).toBe(1)
  })

  test('takes steps that nobody waits for one after the other, at all sizes', async () => {
    const weight = tf.variable(tf.scalar(0))
    const step = await strict().prepareStep(definitionOf(weight))
    const losses = await Promise.all([4, 2, 4].map((length) => step.run([tf.fill([length], 2 ** length)])))
    expect(losses).toEqual([256, 144, 144]) // 0 → 16 → 4 → 16
    expect(weight.dataSync()[0]).toBe(16)
    step.dispose()
  })

  test('takes labels and images that were cast', async () => {
    const weight = tf.variable(tf.scalar(0))
    const step = await strict().prepareStep(definitionOf(weight))
    expect(await step.run([tf.cast(tf.tensor1d([2, 2], 'int32'), 'float32')])).toBe(4)
  })
})

describe('falling back', () => {
  const random = () =>
    tfl.sequential({ layers: [tfl.layers.gaussianNoise({ stddev: 1, inputShape: [2], name: 'noise' })] })

  test('a net that cannot be compiled runs eagerly, with one warning that says why', async () => {
    const warnings: string[] = []
    const engine = new CompiledEngine(runtime, { warn: (message) => warnings.push(message) })
    const weight = tf.variable(tf.scalar(1))
    const step = await engine.prepareStep({
      variables: [weight],
      state: [],
      loss: ([x]) => tf.mul(tf.sum(tf.dropout(x, 0.5)), weight),
      update: () => {},
    })
    const x = tf.ones([8])
    expect(await step.run([x])).toBeGreaterThanOrEqual(0)
    await step.run([x])
    expect(warnings).toEqual([
      'running eagerly, not compiled: the traced function draws a random number: a random value would be frozen into the graph; use the Dropout layer of @pixelwise/core, whose masks become inputs, or pass random values as arguments',
    ])
  })

  test('a net that changes a variable while it predicts runs eagerly', async () => {
    const warnings: string[] = []
    const engine = new CompiledEngine(runtime, { warn: (message) => warnings.push(message) })
    const counter = tf.variable(tf.scalar(0), false, 'calls')
    const counting = new Applied(
      (x) => {
        counter.assign(tf.add(counter, 1))
        return tf.add(x, counter)
      },
      { inputShape: [1] },
    )
    const model = tfl.sequential({ layers: [counting], name: 'net' })
    const prepared = await engine.prepare(model)
    const counted = []
    for (let i = 0; i < 3; i++) counted.push((await prepared.run([tf.zeros([1, 1])]))[0].dataSync()[0])
    expect(counted).toEqual([1, 2, 3])
    expect(warnings).toEqual([
      'running eagerly, not compiled: model "net" assigns variable "calls" while it predicts: a compiled prediction computes outputs and changes nothing; run this net eagerly, or make what it remembers an input and an output',
    ])
  })

  test('with fallback "error" it throws instead', async () => {
    const weight = tf.variable(tf.scalar(1))
    const step = await strict().prepareStep({
      variables: [weight],
      state: [],
      loss: ([x]) => tf.mul(tf.scalar(x.dataSync()[0]), weight),
      update: () => {},
    })
    await expect(step.run([tf.ones([8])])).rejects.toThrow(
      'the traced function reads the value of a tensor: while tracing, tensors are only recorded and have no values yet; compute with tfjs operations instead of dataSync() or arraySync(), or run this net eagerly',
    )
  })

  test('without ONNX Runtime it runs eagerly after a warning', async () => {
    const warnings: string[] = []
    const missing = new PixelwiseError('compiler/no-onnx-runtime', {
      what: 'no runtime',
      rule: 'one is needed',
      next: 'install it',
    })
    const engine = new CompiledEngine(missing, { warn: (message) => warnings.push(message) })
    const prepared = await engine.prepare(random())
    const [output] = await prepared.run([tf.tensor2d([[1, 2]])])
    expect([...output.dataSync()]).toEqual([1, 2])
    expect(warnings).toEqual(['running eagerly, not compiled: no runtime: one is needed; install it'])
  })
})

/** A layer of one function and no weights. */
class Applied extends tfl.layers.Layer {
  static readonly className = 'Applied'
  readonly #apply: (x: tf.Tensor) => tf.Tensor

  constructor(apply: (x: tf.Tensor) => tf.Tensor, args: object) {
    super(args)
    this.#apply = apply
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return this.#apply([inputs].flat()[0])
  }
}

/** The same runtime, and how many of its sessions have not been released. */
function counting(ort: OnnxRuntime): { counted: OnnxRuntime; alive: () => number } {
  let alive = 0
  const create: OnnxRuntime['InferenceSession']['create'] = async (...args) => {
    const session = await ort.InferenceSession.create(...args)
    alive++
    return {
      run: (...feeds) => session.run(...feeds),
      release: async () => {
        alive--
        await session.release()
      },
    }
  }
  return { counted: { ...ort, InferenceSession: { create } }, alive: () => alive }
}
