import { PixelwiseError } from '@pixelwise/masks/shared'
import type { LayersModel } from '@tensorflow/tfjs-layers'
import { restoreWeights } from './checkpoint.js'
import { Run } from './run.js'
import type { BoundSolver } from './solver/solver.js'
import type { TrainOptions, TrainResult } from './train-options.js'
import { trainableWeights } from './weights.js'

/**
 * Trains a net until `steps` steps are done, counting those of the checkpoint it resumes from.
 *
 * A run that is stopped, stored and resumed ends with the same weights, bit for bit on the same backend, as one that
 * was not: weights, momenta, the sampler's state, the best score and all randomness are restored. An abort takes effect
 * after the step under way and stores a checkpoint.
 *
 * The model's weights change in place; the caller keeps the model. Batches are disposed here.
 * Throws `training/diverged` when the loss is no longer a finite number; the weights are then those before that step, and
 * no checkpoint is written, so that the last good one stays. Throws `training/not-finite` instead of storing weights that
 * are not finite, `training/other-seed` or `training/state-mismatch` when the checkpoint is of another run.
 */
export async function train(options: TrainOptions): Promise<TrainResult> {
  const { model, solver, resume, steps, checkpoint, evaluation } = options
  requireCount('steps', steps)
  requireCount('checkpoint.every', checkpoint?.every ?? 1)
  requireCount('evaluation.every', evaluation?.every ?? 1)
  requireCount('evaluation.patience', evaluation?.patience ?? 1)
  if (resume !== undefined) restoreWeights(model, resume)
  const bound = solver.bind(trainableWeights(model))
  try {
    requireWeights(bound, model)
    if (resume !== undefined) bound.restore(resume.solver)
    return await new Run(options, bound).go()
  } finally {
    bound.dispose()
  }
}

function requireCount(name: string, count: number): void {
  if (Number.isInteger(count) && count >= 1) return
  throw new PixelwiseError('training/bad-count', {
    what: `train with ${name} ${count}`,
    rule: 'expected a whole number, at least 1',
    next: 'pass the steps in total, and leave checkpoint.every out for one checkpoint at the end',
  })
}

function requireWeights(bound: BoundSolver, model: LayersModel): void {
  if (bound.variables.length > 0) return
  throw new PixelwiseError('training/nothing-to-learn', {
    what: `model "${model.name}" has no weight to train`,
    rule: 'at least one weight must be trainable and have a learning rate multiplier other than 0',
    next: "check its layers' trainable flags and the solver's multipliers",
  })
}
