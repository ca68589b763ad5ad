import { PixelwiseError } from '@pixelwise/masks/shared'
import * as tf from '@tensorflow/tfjs-core'
import type { LayersModel } from '@tensorflow/tfjs-layers'
import type { StepDefinition } from './engine.js'

/** For engines: throws `engine/wrong-inputs` unless there is a tensor for every input of the model. */
export function checkInputs(model: LayersModel, inputs: readonly tf.Tensor[]): void {
  if (Array.isArray(inputs) && inputs.length === model.inputs.length) return
  throw new PixelwiseError('engine/wrong-inputs', {
    what: `model "${model.name}" was given ${Array.isArray(inputs) ? `${inputs.length} inputs` : 'no list of inputs'}`,
    rule: `it takes ${model.inputs.length}: ${model.inputs.map((input) => input.name).join(', ')}`,
    next: 'pass one tensor per input, in that order',
  })
}

/** For engines: the loss of a step as a number, `[]`. Throws `engine/loss-not-scalar`. */
export function scalarLoss({ loss }: Pick<StepDefinition, 'loss'>, batch: readonly tf.Tensor[]): tf.Scalar {
  const value = loss(batch)
  if (value.size === 1) return tf.reshape(value, [])
  throw new PixelwiseError('engine/loss-not-scalar', {
    what: `the loss has shape [${value.shape.join(', ')}]`,
    rule: 'a training step needs one number to make smaller',
    next: 'sum or average the loss over its elements',
  })
}

/** For engines: after an error tfjs keeps what it had saved for the backward pass; nothing else would ever free it. */
export function freeTape(): void {
  const { state } = tf.engine()
  for (const node of state.activeTape ?? []) tf.dispose(node.saved ?? [])
  state.activeTape = []
}
