import type { Engine } from '@pixelwise/core'
import type { Rng } from '@pixelwise/masks/shared'
import type * as tf from '@tensorflow/tfjs-core'
import type { LayersModel } from '@tensorflow/tfjs-layers'
import type { BestScore, Checkpoint } from './checkpoint.js'
import type { BatchSource } from './data/batch-source.js'
import type { Solver } from './solver/solver.js'

/** Everything that a run consists of. */
export interface TrainOptions {
  /** How to execute the steps, e.g. `new EagerEngine()`. */
  readonly engine: Engine
  readonly model: LayersModel
  /** Scalar loss from the net's outputs (in training mode) and the batch's targets; a pure function of them. */
  readonly loss: (outputs: tf.Tensor[], targets: readonly tf.Tensor[]) => tf.Tensor
  readonly data: BatchSource
  readonly solver: Solver
  /** Steps in total. */
  readonly steps: number
  /** Source of all randomness; only split, never drawn from. */
  readonly rng: Rng
  /** Called after every step; awaited. */
  readonly onStep?: (event: StepEvent) => void | Promise<void>
  readonly checkpoint?: CheckpointPolicy
  readonly evaluation?: EvaluationPolicy
  /** Where to go on from. */
  readonly resume?: Checkpoint
  /** Stops the run after the step under way. */
  readonly signal?: AbortSignal
}

/** When a run is stored, and by what. */
export interface CheckpointPolicy {
  /** Steps between checkpoints; the last step always has one. Default: only the last. */
  readonly every?: number
  /** Stores it, e.g. `checkpointFolder(path).save` from `@pixelwise/training/node`. */
  readonly save: (checkpoint: Checkpoint) => void | Promise<void>
  /** Stores the checkpoint of an evaluation that is better than all before. */
  readonly saveBest?: (checkpoint: Checkpoint) => void | Promise<void>
}

/** How the net is scored while it learns. */
export interface EvaluationPolicy {
  /** Steps between evaluations; there is one after the last step too. */
  readonly every: number
  /** Scores the net as it stands, e.g. its mean IU on held-out images; larger is better. */
  readonly score: (step: number) => Promise<number>
  /** Stops the run after this many evaluations without a new best score. Default: never. */
  readonly patience?: number
  /** By how much a score must exceed the best to count as better. Default 0. */
  readonly minimumGain?: number
}

/** What `train` says after each step. */
export interface StepEvent {
  /** Finished steps, 1 after the first. */
  readonly step: number
  readonly steps: number
  /** Loss before the update, averaged over the solver's `iterSize` batches. */
  readonly loss: number
  /** Mean loss of the last 20 steps (Caffe's `average_loss` in the FCN solvers). */
  readonly averageLoss: number
  readonly learningRate: number
  /** Examples that the step has seen. */
  readonly examples: number
  /** Duration of the step without the loading of its data. */
  readonly milliseconds: number
  readonly dataMilliseconds: number
}

/** How a run ended. */
export interface TrainResult {
  /** Finished steps. */
  readonly step: number
  /** All steps done, aborted by the signal, or stopped early because the score no longer rose. */
  readonly stopped: 'finished' | 'aborted' | 'early'
  /** Mean loss of the last 20 steps; NaN when no step was done. */
  readonly averageLoss: number
  /** The best evaluation, null when there was none. */
  readonly best: BestScore | null
}
