import '@tensorflow/tfjs-backend-cpu'
import { googlenet, squeezenet10, vgg16 } from '@pixelwise/backbones'
import { Rng, type StepDefinition, seededMasks } from '@pixelwise/core'
import { fcn, pixelLoss } from '@pixelwise/fcn'
import { seededTensor } from '@pixelwise/testing'
import { sgd } from '@pixelwise/training'
import * as tf from '@tensorflow/tfjs-core'
import type { LayersModel } from '@tensorflow/tfjs-layers'
import { beforeAll, describe, expect, test } from 'vitest'
import { withRandomWeights } from '../../test-support/with-random-weights.js'
import { foldBorders } from '../borders/fold-borders.js'
import { graphMultiplications } from '../borders/graph-cost.js'
import { simplify } from '../graph/optimise.js'
import { loadOnnxRuntime } from '../node/load-onnx-runtime.js'
import { compileStep, traceStep } from './compiled-step.js'
import type { OnnxRuntime } from './onnx-runtime.js'

let runtime: OnnxRuntime
beforeAll(async () => {
  await tf.setBackend('cpu')
  runtime = await loadOnnxRuntime()
})

const narrow = { seed: 1, width: 1 / 16, pad: 100 }
const nets: Record<string, () => LayersModel> = {
  'FCN-8s VGG-16': () => fcn(vgg16(narrow), { classes: 3, stride: 8 }),
  'FCN-2s VGG-16': () => fcn(vgg16(narrow), { classes: 3, stride: 2 }),
  'FCN-32s GoogLeNet': () => fcn(googlenet(narrow), { classes: 3, stride: 32 }),
  'FCN-4s SqueezeNet': () => fcn(squeezenet10(narrow), { classes: 3, stride: 4 }),
}

function definitionOf(model: LayersModel): StepDefinition {
  const weights = model.trainableWeights.map((weight) => ({
    name: weight.originalName,
    variable: weight.read() as tf.Variable,
  }))
  const solver = sgd({ learningRate: 1e-3 }).bind(weights)
  solver.begin(0)
  const loss = pixelLoss()
  return {
    variables: solver.variables,
    state: solver.state,
    loss: ([input, labels]) => loss([model.apply(input, { training: true })].flat() as tf.Tensor[], [labels]),
    update: (gradients) => solver.update(gradients),
  }
}

const batch = () => [
  tf.mul(seededTensor([1, 120, 165, 3], 'image'), 10),
  tf.tidy(() => tf.cast(tf.round(tf.add(seededTensor([1, 120, 165], 'labels'), 1)), 'int32')),
]

/** The loss, and by how much a step changes every weight. */
async function stepped(
  make: () => LayersModel,
  reuseBorders: boolean,
): Promise<{ loss: number; changes: tf.Tensor[] }> {
  const model = withRandomWeights(make())
  const before = model.trainableWeights.map((weight) => weight.read().clone())
  // Winograd's rounding lets a ReLU pass some of what is exactly zero; that would hide smaller differences.
  const step = compileStep(definitionOf(model), runtime, { reuseBorders, convolution: 'direct', intraOpNumThreads: 1 })
  const loss = await step.run(batch(), seededMasks(new Rng(1)))
  const changes = model.trainableWeights.map((weight, i) => tf.sub(weight.read(), before[i]))
  step.dispose()
  return { loss, changes }
}

describe('nets that pad their image, with equal rows and columns computed once', () => {
  test.each(Object.entries(nets))('%s is trained alike with fewer multiplications', async (_, make) => {
    const definition = definitionOf(make())
    const shapes = batch().map(({ shape, dtype }) => ({ shape, dtype }))
    const whole = simplify(traceStep(definition, shapes).graph)
    const folded = foldBorders(whole, (smaller) => {
      const signatures = smaller.map((shape, i) => ({ shape: [...shape], dtype: shapes[i].dtype }))
      return simplify(traceStep(definition, signatures).graph)
    })
    expect(graphMultiplications(folded)).toBeLessThan(0.8 * graphMultiplications(whole))

    const [expected, actual] = [await stepped(make, false), await stepped(make, true)]
    expect(Math.abs(actual.loss / expected.loss - 1)).toBeLessThan(1e-5)
    for (const [i, change] of expected.changes.entries()) {
      const [difference, scale] = [tf.sub(actual.changes[i], change), change].map(
        (each) => tf.max(tf.abs(each)).dataSync()[0],
      )
      expect(difference / Math.max(scale, 1e-6), `weight ${i}`).toBeLessThan(1e-3)
    }
  })
})
