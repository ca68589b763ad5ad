import type { LayersModel } from '@tensorflow/tfjs-layers'
import type { NamedArray } from './named-array.js'
import { assignNamed, modelWeights } from './weights.js'

/** Everything a run needs to go on as if it had never stopped. */
export interface Checkpoint {
  /** Finished steps. */
  readonly step: number
  /** All weights of the net, trainable or not. */
  readonly weights: readonly NamedArray[]
  /** The solver's momenta. */
  readonly solver: readonly NamedArray[]
  /** What the batch source remembers, as JSON; null if nothing. */
  readonly data: unknown
  /** Words of a generator split from the run's seed; tells a resumed run that it has the same seed. */
  readonly seed: readonly number[]
  /** Losses of the last steps, for their running average. */
  readonly recentLosses: readonly number[]
}

/** Sets a net's weights to a checkpoint's, e.g. to predict with them. Throws `training/state-mismatch`. */
export function restoreWeights(model: LayersModel, checkpoint: Checkpoint): void {
  assignNamed(modelWeights(model), checkpoint.weights, 'checkpoint')
}
