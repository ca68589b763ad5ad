import type { Tensor, Variable } from '@tensorflow/tfjs-core'
import type { LayersModel } from '@tensorflow/tfjs-layers'
import type { MaskSource } from './randomness.js'

/** How a net is executed: eagerly on a tfjs backend here, compiled in `@pixelwise/compiler`. Code that runs or trains nets takes one of these. */
export interface Engine {
  readonly name: string
  /** Prepares a model for prediction. */
  prepare(model: LayersModel): Promise<PreparedModel>
  /** Prepares a training step; the engine owns how gradients and updates are computed. */
  prepareStep(definition: StepDefinition): Promise<PreparedStep>
}

/** A model ready to run. */
export interface PreparedModel {
  /** Runs the model on its inputs; the caller disposes the outputs and keeps the inputs. */
  run(inputs: readonly Tensor[]): Promise<Tensor[]>
  /** Frees what the engine holds; the model itself stays usable. */
  dispose(): void
}

/** A training step as a pure description, so that an engine may run it eagerly or compile it. */
export interface StepDefinition {
  /** The weights that learn. */
  readonly variables: readonly Variable[]
  /** Everything else that `update` reads or changes: momenta, the learning rate. A compiled step keeps these beside the weights. */
  readonly state: readonly Variable[]
  /** Scalar loss of a batch; a pure function of the batch tensors, the variables and the masks in force (`withMasks`). */
  loss(batch: readonly Tensor[]): Tensor
  /**
   * Changes the variables and the state, given one gradient per variable, in order; zero where the loss does not
   * depend on a variable. Uses tfjs ops and `assign` alone, and must not keep the gradients.
   */
  update(gradients: readonly Tensor[]): void
}

/** A training step ready to run. */
export interface PreparedStep {
  /**
   * One forward, backward and update; resolves to the loss before the update. The caller keeps the batch. Calls that do not
   * wait for each other are carried out in their order.
   *
   * @param masks dropout masks of this step; leaving them out gives every call other ones, never to be repeated
   */
  run(batch: readonly Tensor[], masks?: MaskSource): Promise<number>
  /** Frees what the engine holds; the variables stay. */
  dispose(): void
}
