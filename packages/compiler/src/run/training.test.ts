import '@tensorflow/tfjs-backend-cpu'
import { vggSmall } from '@pixelwise/backbones'
import {
  Convolution,
  Dropout,
  EagerEngine,
  LocalResponseNormalization,
  type PreparedStep,
  Rng,
  type StepDefinition,
  seededMasks,
} from '@pixelwise/core'
import { fcn16s, pixelLoss } from '@pixelwise/fcn'
import { seededTensor } from '@pixelwise/testing'
import { type SgdOptions, sgd, trainableWeights } from '@pixelwise/training'
import * as tf from '@tensorflow/tfjs-core'
import * as tfl from '@tensorflow/tfjs-layers'
import { beforeAll, describe, expect, test } from 'vitest'
import { relativeDifference } from '../../test-support/relative-difference.js'
import { withRandomWeights } from '../../test-support/with-random-weights.js'
import { loadOnnxRuntime } from '../node/load-onnx-runtime.js'
import { compileTrainStep } from './compile-train-step.js'
import { compileStep, traceStep } from './compiled-step.js'
import type { OnnxRuntime } from './onnx-runtime.js'
import { planStep } from './step-plan.js'

let runtime: OnnxRuntime
beforeAll(async () => {
  await tf.setBackend('cpu')
  runtime = await loadOnnxRuntime()
})

const stacked = (...layers: tfl.layers.Layer[]) => tfl.sequential({ layers })
const conv = (args: object) =>
  tfl.layers.conv2d({ filters: 6, kernelSize: 3, padding: 'same', useBias: false, ...args })

const nets: Record<string, () => tfl.LayersModel> = {
  'batch normalisation, overlapping pooling and dropout': () =>
    stacked(
      conv({ inputShape: [null, null, 3] }),
      tfl.layers.batchNormalization(),
      tfl.layers.reLU(),
      tfl.layers.maxPooling2d({ poolSize: 3, strides: 1, padding: 'same' }),
      new Dropout({ rate: 0.3, name: 'drop' }),
      conv({ filters: 3, useBias: true }),
    ),
  'groups, dilation and response normalisation': () =>
    stacked(
      conv({ inputShape: [null, null, 3], kernelSize: 5 }),
      new LocalResponseNormalization({ size: 3, alpha: 0.5, beta: 0.75, name: 'norm' }),
      new Convolution({ filters: 6, kernel: 3, pad: 2, dilation: 2, groups: 2, name: 'grouped' }),
      conv({ filters: 3, kernelSize: 1 }),
    ),
  'FCN-16s': () => fcn16s(vggSmall({ seed: 1, width: 1 / 8 }), { classes: 3 }),
}

const solvers: Record<string, SgdOptions> = {
  'momentum and decay': { learningRate: 0.05, momentum: 0.9, weightDecay: 0.01 },
  'clipped gradients': { learningRate: 0.05, momentum: 0.9, clipGradients: 1 },
  'no momentum': { learningRate: 0.05 },
}

function definitionOf(model: tfl.LayersModel, options: SgdOptions) {
  const solver = sgd(options).bind(trainableWeights(model))
  const loss = pixelLoss()
  const definition: StepDefinition = {
    variables: solver.variables,
    state: solver.state,
    loss: ([input, labels]) => loss([model.apply(input, { training: true })].flat() as tf.Tensor[], [labels]),
    update: (gradients) => solver.update(gradients),
  }
  return definition
}

const batch = () => [
  seededTensor([2, 16, 12, 3], 'image'),
  tf.tidy(() => tf.cast(tf.round(tf.add(seededTensor([2, 16, 12], 'labels'), 1)), 'int32')),
]

async function trained(
  build: () => tfl.LayersModel,
  options: SgdOptions,
  prepare: (definition: StepDefinition) => PreparedStep | Promise<PreparedStep>,
) {
  const model = withRandomWeights(build())
  const step = await prepare(definitionOf(model, options))
  const losses: number[] = []
  for (let i = 0; i < 20; i++) losses.push(await step.run(batch(), seededMasks(new Rng(3).split(i))))
  step.dispose()
  return { losses, weights: model.weights.map((weight) => weight.read()) }
}

/** Every variable in place and every filter gradient in pieces, as the large ones of large nets are. */
const everything = { inPlace: 1, inPieces: 1 }

describe('twenty steps end with the weights of eager ones', () => {
  const cases = Object.keys(nets).map((net, i) => [net, Object.keys(solvers)[i]])
  test.each(cases)('%s, with %s', async (net, solver) => {
    const eager = await trained(nets[net], solvers[solver], (definition) => new EagerEngine().prepareStep(definition))
    const whole = await trained(nets[net], solvers[solver], (definition) => compileStep(definition, runtime))
    const cut = await trained(nets[net], solvers[solver], (definition) =>
      compileStep(definition, runtime, {}, everything),
    )
    expect(eager.losses[19]).toBeLessThan(eager.losses[0])
    for (const compiled of [whole, cut]) {
      for (const [i, loss] of eager.losses.entries()) expect(Math.abs(compiled.losses[i] / loss - 1)).toBeLessThan(1e-4)
      for (const [i, weight] of eager.weights.entries()) {
        expect(relativeDifference(compiled.weights[i], weight), `weight ${i}`).toBeLessThan(1e-3)
      }
    }
  })
})

test('a model, its loss and a bound solver make a step', async () => {
  const results = []
  for (const compiled of [true, false]) {
    const model = withRandomWeights(nets['FCN-16s']())
    const definition = definitionOf(model, solvers['momentum and decay'])
    const step = compiled
      ? compileTrainStep(
          { model, loss: pixelLoss(), optimizer: sgd(solvers['momentum and decay']).bind(trainableWeights(model)) },
          runtime,
        )
      : await new EagerEngine().prepareStep(definition)
    const losses = [await step.run(batch(), seededMasks(new Rng(3))), await step.run(batch(), seededMasks(new Rng(4)))]
    step.dispose()
    results.push({ losses, weights: model.weights.map((weight) => weight.read()) })
  }
  const [compiled, eager] = results
  expect(Math.abs(compiled.losses[1] / eager.losses[1] - 1)).toBeLessThan(1e-5)
  for (const [i, weight] of eager.weights.entries()) {
    expect(relativeDifference(compiled.weights[i], weight)).toBeLessThan(1e-5)
  }
})

test("an optimizer of tfjs's own is refused with what to take instead", () => {
  const model = nets['FCN-16s']()
  // As from JavaScript: its type is refused too.
  const optimizer = tf.train.adam() as unknown as StepDefinition
  expect(() => compileTrainStep({ model, loss: pixelLoss(), optimizer }, runtime)).toThrow(
    'the optimizer has no list of variables, list of state, or update function: a compiled step must know beforehand which variables it changes; pass sgd(…) or adam(…) of @pixelwise/training, bound to trainableWeights(model), not an optimizer of tf.train',
  )
})

describe('a step is planned so that', () => {
  test('large filters leave the session neither with their gradient nor with their new values', () => {
    const model = nets['FCN-16s']()
    const { graph } = traceStep(definitionOf(model, solvers['momentum and decay']), batch())
    const plan = planStep(graph, everything)
    const filters = model.trainableWeights.filter(({ shape }) => shape.length === 4)
    expect(plan.inPieces.size).toBe(filters.length)
    expect(plan.graph.nodes.filter(({ kernel }) => kernel === 'Conv2DBackpropFilter')).toEqual([])
    expect(plan.assigned).toEqual([])
  })

  test('gradients that something else reads, here the norm to clip them by, are computed as a whole', () => {
    const { graph } = traceStep(definitionOf(nets['FCN-16s'](), solvers['clipped gradients']), batch())
    const plan = planStep(graph, everything)
    expect(plan.inPieces.size).toBe(0)
    expect(plan.assigned).toEqual([])
  })

  test('updates that are no weighted sum stay in the session', () => {
    const weight = tf.variable(tf.ones([4]))
    const definition: StepDefinition = {
      variables: [weight],
      state: [],
      loss: ([x]) => tf.sum(tf.mul(x, weight)),
      update: ([gradient]) => tf.tidy(() => weight.assign(tf.sub(weight, tf.sign(gradient)))),
    }
    const plan = planStep(traceStep(definition, [tf.ones([4])]).graph, everything)
    expect([plan.assigned, plan.inPlace]).toEqual([[0], []])
  })
})

describe('variables that are updated in place', () => {
  const halving = (weight: tf.Variable): StepDefinition => ({
    variables: [weight],
    state: [],
    loss: ([x]) => tf.sum(tf.mul(x, weight)),
    update: ([gradient]) => tf.tidy(() => weight.assign(tf.sub(tf.mul(weight, 0.5), tf.mul(gradient, 0)))),
  })

  test('leave what was read or cloned before as it was', async () => {
    const start = Float32Array.of(8, 4)
    const weight = tf.variable(tf.tensor1d(start))
    const step = compileStep(halving(weight), runtime, {}, everything)
    const x = tf.ones([2])
    await step.run([x])
    const [clone, read] = [weight.clone(), weight.dataSync()]
    await step.run([x])
    expect([...start, ...clone.dataSync(), ...read, ...weight.dataSync()]).toEqual([8, 4, 4, 2, 4, 2, 2, 1])
    step.dispose()
  })

  test('go on from values that others assign, and eager kernels see theirs', async () => {
    const weight = tf.variable(tf.tensor1d([8, 4]))
    const step = compileStep(halving(weight), runtime, {}, everything)
    const x = tf.ones([2])
    await step.run([x])
    expect([...tf.add(weight, 1).dataSync()]).toEqual([5, 3])
    weight.assign(tf.tensor1d([100, 10]))
    expect(await step.run([x])).toBe(110)
    expect([...weight.dataSync()]).toEqual([50, 5])
    const before = tf.memory().numTensors
    await step.run([x])
    expect(tf.memory().numTensors).toBe(before)
    step.dispose()
  })
})
