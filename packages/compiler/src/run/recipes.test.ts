import '@tensorflow/tfjs-backend-cpu'
import { backboneRegistry } from '@pixelwise/backbones'
import { buildRecipe, listRecipes } from '@pixelwise/fcn'
import { sgd } from '@pixelwise/training'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, test } from 'vitest'
import { optimise } from '../graph/optimise.js'
import { lowerGraph } from '../onnx/lower-graph.js'
import { traceStep } from './compiled-step.js'

beforeAll(() => tf.setBackend('cpu'))

const [height, width] = [33, 40]

describe('every kernel that a step of training records has a lowering', () => {
  test.each(listRecipes().map(({ name }) => name))('%s', (name) => {
    const { model, loss } = buildRecipe(name, { backbones: backboneRegistry(), width: 1 / 64, seed: 1 })
    const weights = model.trainableWeights.map((weight) => ({
      name: weight.originalName,
      variable: weight.read() as tf.Variable,
    }))
    const solver = sgd({ learningRate: 0.1, momentum: 0.9, weightDecay: 0.1, clipGradients: 1 }).bind(weights)
    solver.begin(0)
    const inputs = model.inputs.map(({ shape }) => tf.zeros([1, height, width, shape[3] ?? 3]))
    const targets = model.outputs.map(() => tf.zeros([1, height, width], 'int32'))
    const { graph } = traceStep(
      {
        variables: solver.variables,
        state: solver.state,
        loss: (batch) => {
          const given = [...batch.slice(0, inputs.length)]
          return loss([model.apply(given, { training: true })].flat() as tf.Tensor[], batch.slice(inputs.length))
        },
        update: (gradients) => solver.update(gradients),
      },
      [...inputs, ...targets],
    )
    const { outputNames, assignmentNames } = lowerGraph(optimise(graph)) // throws for a kernel that has none
    expect(outputNames).toHaveLength(1 + weights.length)
    expect(assignmentNames.length).toBeGreaterThanOrEqual(2 * weights.length) // statistics of batches besides
    tf.dispose([inputs, targets])
    model.dispose()
  })
})
