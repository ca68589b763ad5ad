/**
 * Stochastic gradient descent as the field's papers used it: momentum, multipliers, samplers, checkpoints, progress.
 *
 * @module @pixelwise/training
 */
export { type BestScore, type Checkpoint, type EvaluationState, restoreWeights } from './checkpoint.js'
export {
  type Batch,
  type BatchPosition,
  type BatchSource,
  type SampledBatches,
  sampledBatches,
} from './data/batch-source.js'
export {
  classBalancedSampler,
  type Sampler,
  type SamplerState,
  sequentialSampler,
  shuffledSampler,
  stochasticSampler,
} from './data/sampler.js'
export type { NamedArray } from './named-array.js'
export { type AdamOptions, adam } from './solver/adam.js'
export type { SolverOptions, WeightMultipliers } from './solver/bound-rule.js'
export { equivalentMomentum, exampleWeights } from './solver/momentum.js'
export {
  batch20LearningRates,
  batch20Preset,
  doubledBiases,
  heavyPreset,
  type TrainingPreset,
  trainingPresets,
} from './solver/presets.js'
export { learningRateAt, policyParameters, type Schedule } from './solver/schedule.js'
export { type SgdOptions, sgd } from './solver/sgd.js'
export type { BoundSolver, NamedVariable, Solver } from './solver/solver.js'
export { train } from './train.js'
export type { CheckpointPolicy, EvaluationPolicy, StepEvent, TrainOptions, TrainResult } from './train-options.js'
export { trainableWeights } from './weights.js'
