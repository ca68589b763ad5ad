import type { LayersModel } from '@tensorflow/tfjs-layers'
import type { NamedArray } from './named-array.js'
import { assignNamed, modelWeights } from './weights.js'

/**
 * Everything a run needs to go on as if it had never stopped.
 *
 * Two things it need not hold: dropout masks and augmentation, which depend on seed and step alone, and gradients of
 * earlier batches, as checkpoints lie between steps.
 */
export interface Checkpoint {
  /** Finished steps. */
  readonly step: number
  /** All weights of the net, trainable or not (batch statistics change too), by name: `conv1/kernel`. */
  readonly weights: readonly NamedArray[]
  /** What the solver remembers of each weight: `conv1/kernel/momentum`. */
  readonly solver: readonly NamedArray[]
  /** What the batch source remembers, as JSON: a sampler's place; null if nothing. */
  readonly data: unknown
  /** Words of a generator split from the run's seed; tells a resumed run that it has the same seed. */
  readonly seed: readonly number[]
  /** Losses of the last steps (20 at most), the latest last, for their running average. */
  readonly recentLosses: readonly number[]
  /** Scores so far; left out by runs that are never evaluated. */
  readonly evaluation?: EvaluationState
}

/** What a run remembers of its evaluations. */
export interface EvaluationState {
  /** The step of the latest one; 0 before the first. */
  readonly lastStep: number
  readonly best: BestScore | null
  /** Evaluations since the best one. */
  readonly sinceBest: number
}

/** The best evaluation so far. */
export interface BestScore {
  readonly step: number
  readonly score: number
}

/** Sets a net's weights to a checkpoint's, e.g. to predict with them. Throws `training/state-mismatch`. */
export function restoreWeights(model: LayersModel, checkpoint: Checkpoint): void {
  assignNamed(modelWeights(model), checkpoint.weights, 'checkpoint')
}
