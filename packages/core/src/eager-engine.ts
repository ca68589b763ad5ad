import { PixelwiseError } from '@pixelwise/masks/shared'
import * as tf from '@tensorflow/tfjs-core'
import type { LayersModel } from '@tensorflow/tfjs-layers'
import type { Engine, PreparedModel, PreparedStep, StepDefinition } from './engine.js'
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
  if (inputs.length !== model.inputs.length) {
    throw new PixelwiseError('engine/wrong-inputs', {
      what: `model "${model.name}" was given ${inputs.length} inputs`,
      rule: `it takes ${model.inputs.length}: ${model.inputs.map((input) => input.name).join(', ')}`,
      next: 'pass one tensor per input, in that order',
    })
  }
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

/** After an error tfjs keeps what it had saved for the backward pass; nothing else would ever free it. */
function freeTape(): void {
  const { state } = tf.engine()
  for (const node of state.activeTape ?? []) tf.dispose(node.saved ?? [])
  state.activeTape = []
}

function scalarLoss(definition: StepDefinition, batch: readonly tf.Tensor[]): tf.Scalar {
  const loss = definition.loss(batch)
  if (loss.size === 1) return tf.reshape(loss, [])
  throw new PixelwiseError('engine/loss-not-scalar', {
    what: `the loss has shape [${loss.shape.join(', ')}]`,
    rule: 'a training step needs one number to make smaller',
    next: 'sum or average the loss over its elements',
  })
}

/** `apply` on tensors returns tensors; only on symbolic inputs does it return symbolic ones. */
function asTensors(outputs: ReturnType<LayersModel['apply']>): tf.Tensor[] {
  return (Array.isArray(outputs) ? outputs : [outputs]) as tf.Tensor[]
}
