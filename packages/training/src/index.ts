export { type Checkpoint, restoreWeights } from './checkpoint.js'
export {
  type Batch,
  type BatchPosition,
  type BatchSource,
  type SampledBatches,
  sampledBatches,
} from './data/batch-source.js'
export {
  type Sampler,
  type SamplerState,
  sequentialSampler,
  shuffledSampler,
  stochasticSampler,
} from './data/sampler.js'
export type { NamedArray } from './named-array.js'
export { learningRateAt, type Schedule } from './solver/schedule.js'
export { type SgdOptions, sgd, type WeightMultipliers } from './solver/sgd.js'
export type { BoundSolver, NamedVariable, Solver } from './solver/solver.js'
export { type CheckpointPolicy, type StepEvent, type TrainOptions, type TrainResult, train } from './train.js'
