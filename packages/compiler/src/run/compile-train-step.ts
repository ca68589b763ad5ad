import type { PreparedStep, StepDefinition } from '@pixelwise/core'
import { PixelwiseError } from '@pixelwise/masks/shared'
import type { Tensor } from '@tensorflow/tfjs-core'
import type { LayersModel } from '@tensorflow/tfjs-layers'
import type { CompileOptions } from './compile-options.js'
import { compileStep } from './compiled-step.js'
import type { OnnxRuntime } from './onnx-runtime.js'

/** A model, what it shall make small, and how. */
export interface TrainStep {
  readonly model: LayersModel
  /** Scalar loss from the net's outputs in training mode and the batch's targets, as `train` of `@pixelwise/training` takes it. */
  loss(outputs: Tensor[], targets: readonly Tensor[]): Tensor
  /** The weights that learn, and the rule; a solver of `@pixelwise/training`, bound to the weights, is one. */
  readonly optimizer: Pick<StepDefinition, 'variables' | 'state' | 'update'>
}

/**
 * Prepares a training step of a model on ONNX Runtime; see {@link compileStep}. It is run with a batch, the model's inputs
 * followed by the targets, and resolves to the loss before the update.
 *
 * Throws `engine/bad-optimizer` for what is no update rule of known variables, such as tfjs's own optimizers.
 *
 * @example
 * const optimizer = sgd({ learningRate: 1e-3, momentum: 0.9 }).bind(trainableWeights(model))
 * const step = compileTrainStep({ model, loss: pixelLoss(), optimizer }, await loadOnnxRuntime())
 * for (let i = 0; i < 1000; i++) {
 *   optimizer.begin(i) // the learning rate of this step
 *   const loss = await step.run([images, labels])
 * }
 */
export function compileTrainStep(
  { model, loss, optimizer }: TrainStep,
  runtime: OnnxRuntime,
  options: CompileOptions = {},
): PreparedStep {
  checkOptimizer(optimizer)
  const inputs = model.inputs.length
  const definition: StepDefinition = {
    variables: optimizer.variables,
    state: optimizer.state,
    loss: (batch) => {
      // On tensors, `apply` gives tensors; only on symbolic inputs does it give symbolic ones.
      const outputs = [model.apply([...batch.slice(0, inputs)], { training: true })].flat() as Tensor[]
      return loss(outputs, batch.slice(inputs))
    },
    update: (gradients) => optimizer.update(gradients),
  }
  return compileStep(definition, runtime, options)
}

/** tfjs's optimizers make the variables that they remember things in at their first step: too late for a trace. */
function checkOptimizer({ variables, state, update }: Partial<TrainStep['optimizer']>): void {
  if (Array.isArray(variables) && Array.isArray(state) && typeof update === 'function') return
  throw new PixelwiseError('engine/bad-optimizer', {
    what: 'the optimizer has no list of variables, list of state, or update function',
    rule: 'a compiled step must know beforehand which variables it changes',
    next: 'pass sgd(…) or adam(…) of @pixelwise/training, bound to trainableWeights(model), not an optimizer of tf.train',
  })
}
