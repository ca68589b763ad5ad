import * as tf from '@tensorflow/tfjs-core'
import type { LayersModel } from '@tensorflow/tfjs-layers'
import type { Engine, PreparedModel, PreparedStep, StepDefinition } from './engine.js'
import { checkInputs, freeTape, scalarLoss } from './engine-support.js'
import { currentMasks, withMasks } from './randomness.js'

/**
 * Runs and trains nets as they stand, on the tfjs backend that is current at each call.
 *
 * Holds no memory of its own: outputs belong to the caller, everything between is freed before a call returns.
 */
export class EagerEngine implements Engine {
  readonly name = 'eager'

  async prepare(model: LayersModel): Promise<PreparedModel> {
    return {
      run: async (inputs) => predict(model, inputs),
      dispose: () => {},
    }
  }

  async prepareStep(definition: StepDefinition): Promise<PreparedStep> {
    return {
      run: async (batch, masks = currentMasks()) => {
        const loss = withMasks(masks, () => step(definition, batch))
        const [value] = await loss.data()
        loss.dispose()
        return value
      },
      dispose: () => {},
    }
  }
}

function predict(model: LayersModel, inputs: readonly tf.Tensor[]): tf.Tensor[] {
  checkInputs(model, inputs)
  return tf.tidy(() => {
    const outputs = model.apply([...inputs], { training: false })
    // An output that is an input, unchanged, would be freed with the outputs while its owner still needs it.
    return asTensors(outputs).map((output) => (inputs.includes(output) ? output.clone() : output))
  })
}

function step(definition: StepDefinition, batch: readonly tf.Tensor[]): tf.Tensor {
  try {
    return tf.tidy(() => {
      const { value, grads } = tf.variableGrads(() => scalarLoss(definition, batch), [...definition.variables])
      definition.update(definition.variables.map((variable) => grads[variable.name] ?? tf.zerosLike(variable)))
      return value
    })
  } catch (error) {
    freeTape()
    throw error
  }
}

/** `apply` on tensors returns tensors; only on symbolic inputs does it return symbolic ones. */
function asTensors(outputs: ReturnType<LayersModel['apply']>): tf.Tensor[] {
  return (Array.isArray(outputs) ? outputs : [outputs]) as tf.Tensor[]
}
