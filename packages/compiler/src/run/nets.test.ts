import '@tensorflow/tfjs-backend-cpu'
import { backbones, vggSmall } from '@pixelwise/backbones'
import { EagerEngine, Rng } from '@pixelwise/core'
import { fcn8s, fcn16s, fcn32s, pixelLoss } from '@pixelwise/fcn'
import { seededTensor } from '@pixelwise/testing'
import { sgd, train } from '@pixelwise/training'
import * as tf from '@tensorflow/tfjs-core'
import type { LayersModel } from '@tensorflow/tfjs-layers'
import { beforeAll, describe, expect, test } from 'vitest'
import { relativeDifference } from '../../test-support/relative-difference.js'
import { withRandomWeights } from '../../test-support/with-random-weights.js'
import { loadOnnxRuntime } from '../node/load-onnx-runtime.js'
import { CompiledEngine } from './compiled-engine.js'
import { compile } from './compiled-model.js'
import type { OnnxRuntime } from './onnx-runtime.js'

let runtime: OnnxRuntime
beforeAll(async () => {
  await tf.setBackend('cpu')
  runtime = await loadOnnxRuntime()
})

/** Narrow nets have every kind of layer and every size of window of the published ones. */
const narrow = { seed: 1, width: 1 / 16 }
/** A net that is small as it is would be left with one channel, and nothing but zeros. */
const small = { seed: 1, width: 1 / 4 }
const heads = { fcn32s, fcn16s, fcn8s }

const nets: [name: string, build: () => LayersModel, size: number][] = [
  ...backbones.map(([name, build]): [string, () => LayersModel, number] => [
    name,
    () => build(name === 'vgg-small' ? small : narrow).model,
    name === 'lenet' ? 28 : name === 'vgg-small' ? 32 : 224,
  ]),
  ...Object.entries(heads).map(([name, head]): [string, () => LayersModel, number] => [
    name,
    () => head(vggSmall(small), { classes: 3 }),
    45,
  ]),
]

describe('every net, compiled, scores as it does eagerly', () => {
  test.each(nets)('%s', async (_name, build, size) => {
    const model = withRandomWeights(build())
    const image = seededTensor([1, size, size, model.inputs[0].shape[3] ?? 3], 'image')
    const compiled = compile(model, runtime)
    const actual = await compiled.run([image])
    const expected = await (await new EagerEngine().prepare(model)).run([image])
    for (const [i, output] of expected.entries()) expect(relativeDifference(actual[i], output)).toBeLessThan(1e-4)
    compiled.dispose()
    tf.dispose([image, actual, expected])
    model.dispose()
  })
})

test('five steps of training FCN-8s end with the weights of eager ones', async () => {
  const results = []
  for (const engine of [new CompiledEngine(runtime, { fallback: 'error' }), new EagerEngine()]) {
    const model = withRandomWeights(fcn8s(vggSmall(small), { classes: 3 }))
    const image = tf.tidy(() => seededTensor([2, 24, 20, 3], 'image').arraySync()) as number[][][][]
    const labels = tf.tidy(() => tf.round(tf.add(seededTensor([2, 24, 20], 'labels'), 1)).arraySync()) as number[][][]
    const losses: number[] = []
    await train({
      engine,
      model,
      loss: pixelLoss(),
      data: {
        next: async () => ({ inputs: [tf.tensor4d(image)], targets: [tf.tensor3d(labels, [2, 24, 20], 'int32')] }),
      },
      solver: sgd({ learningRate: 0.1, momentum: 0.9, weightDecay: 0.0005, clipGradients: 10 }),
      steps: 5,
      rng: new Rng(1),
      onStep: ({ loss }) => void losses.push(loss),
    })
    results.push({ losses, weights: model.weights.map((weight) => weight.read()) })
  }
  const [compiled, eager] = results
  expect(Math.abs(eager.losses[4] / eager.losses[0] - 1)).toBeGreaterThan(0.01) // the weights have moved
  for (const [i, loss] of eager.losses.entries()) expect(Math.abs(compiled.losses[i] / loss - 1)).toBeLessThan(1e-5)
  for (const [i, weight] of eager.weights.entries()) {
    expect(relativeDifference(compiled.weights[i], weight), `weight ${i}`).toBeLessThan(1e-4)
  }
})
