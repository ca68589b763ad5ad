import { type Engine, type MaskSource, type PreparedStep, seededMasks } from '@pixelwise/core'
import { PixelwiseError, type Rng } from '@pixelwise/masks/shared'
import * as tf from '@tensorflow/tfjs-core'
import type { LayersModel } from '@tensorflow/tfjs-layers'
import { type Checkpoint, restoreWeights } from './checkpoint.js'
import type { BatchSource } from './data/batch-source.js'
import type { BoundSolver, Solver } from './solver/solver.js'
import { turn } from './turn.js'
import { modelWeights, readNamed, trainableWeights } from './weights.js'

/**
 * Trains a net until `steps` steps are done, counting those of the checkpoint it resumes from.
 *
 * A run that is stopped, stored and resumed ends with the same weights, bit for bit on the same backend, as one that
 * was not: weights, momenta, the sampler's state and all randomness are restored. An abort takes effect after the
 * step under way and stores a checkpoint.
 *
 * The model's weights change in place; the caller keeps the model. Batches are disposed here.
 * Throws `training/diverged` when the loss is no longer a finite number (the step has then spoilt the weights: go on from
 * a checkpoint), `training/other-seed` or `training/state-mismatch` when the checkpoint is of another run.
 */
export async function train(options: TrainOptions): Promise<TrainResult> {
  const { model, solver, resume, steps, checkpoint } = options
  requireCount('steps', steps)
  requireCount('checkpoint.every', checkpoint?.every ?? 1)
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
  /** Where to go on from. */
  readonly resume?: Checkpoint
  /** Stops the run after the step under way. */
  readonly signal?: AbortSignal
}

export interface CheckpointPolicy {
  /** Steps between checkpoints; the last step always has one. Default: only the last. */
  readonly every?: number
  /** Stores it, e.g. `checkpointFolder(path).save` from `@pixelwise/training/node`. */
  readonly save: (checkpoint: Checkpoint) => void | Promise<void>
}

export interface StepEvent {
  /** Finished steps, 1 after the first. */
  readonly step: number
  readonly steps: number
  /** Loss before the update, averaged over the solver's `iterSize` batches. */
  readonly loss: number
  /** Mean loss of the last 20 steps (Caffe's `average_loss` in the FCN solvers). */
  readonly averageLoss: number
  readonly learningRate: number
  /** Duration of the step without the loading of its data. */
  readonly milliseconds: number
  readonly dataMilliseconds: number
}

export interface TrainResult {
  /** Finished steps. */
  readonly step: number
  readonly stopped: 'finished' | 'aborted'
  /** Mean loss of the last 20 steps; NaN when no step was done. */
  readonly averageLoss: number
}

const averageLossWindow = 20

class Run {
  readonly #options: TrainOptions
  readonly #solver: BoundSolver
  readonly #seed: readonly number[]
  readonly #losses: number[]
  #step: number
  #saved: number | null = null

  constructor(options: TrainOptions, solver: BoundSolver) {
    this.#options = options
    this.#solver = solver
    this.#seed = options.rng.split('seed').state
    this.#step = options.resume?.step ?? 0
    this.#losses = [...(options.resume?.recentLosses ?? [])]
    if (options.resume !== undefined) this.#resumeData(options.resume)
  }

  async go(): Promise<TrainResult> {
    const { engine, solver, steps, signal } = this.#options
    const apply = await engine.prepareStep(this.#definition((gradients) => this.#solver.update(gradients)))
    const accumulate =
      solver.iterSize === 1
        ? apply
        : await engine.prepareStep(this.#definition((gradients) => this.#solver.accumulate(gradients)))
    try {
      while (this.#step < steps && signal?.aborted !== true) {
        await this.#once(accumulate, apply)
        await this.#checkpointIfDue()
        await turn()
      }
      if (this.#step > (this.#options.resume?.step ?? 0)) await this.#checkpoint()
    } finally {
      apply.dispose()
      if (accumulate !== apply) accumulate.dispose()
    }
    return {
      step: this.#step,
      stopped: this.#step < steps ? 'aborted' : 'finished',
      averageLoss: mean(this.#losses),
    }
  }

  #definition(update: (gradients: readonly tf.Tensor[]) => void) {
    const { model, loss } = this.#options
    const inputCount = model.inputs.length
    return {
      variables: this.#solver.variables,
      state: this.#solver.state,
      update,
      loss: (batch: readonly tf.Tensor[]) => {
        const outputs = model.apply(batch.slice(0, inputCount), { training: true })
        // On tensors `apply` returns tensors; only on symbolic inputs does it return symbolic ones.
        const tensors = (Array.isArray(outputs) ? outputs : [outputs]) as tf.Tensor[]
        return loss(tensors, batch.slice(inputCount))
      },
    }
  }

  async #once(accumulate: PreparedStep, apply: PreparedStep): Promise<void> {
    const { solver, steps, onStep } = this.#options
    const learningRate = this.#solver.begin(this.#step)
    let loss = 0
    let milliseconds = 0
    let dataMilliseconds = 0
    for (let part = 0; part < solver.iterSize; part++) {
      const started = performance.now()
      const batch = await this.#load(part)
      const loaded = performance.now()
      try {
        loss += await (part === solver.iterSize - 1 ? apply : accumulate).run(batch, this.#masks(part))
      } finally {
        tf.dispose(batch)
      }
      dataMilliseconds += loaded - started
      milliseconds += performance.now() - loaded
    }
    loss /= solver.iterSize
    if (!Number.isFinite(loss)) throw diverged(this.#step + 1, loss, learningRate, this.#losses.at(-1))
    this.#step++
    this.#losses.push(loss)
    if (this.#losses.length > averageLossWindow) this.#losses.shift()
    const averageLoss = mean(this.#losses)
    await onStep?.({ step: this.#step, steps, loss, averageLoss, learningRate, milliseconds, dataMilliseconds })
  }

  /** Dropout masks depend on seed, step and part alone, so that a resumed run repeats them. */
  #masks(part: number): MaskSource {
    return seededMasks(this.#options.rng.split('masks').split(`${this.#step}/${part}`))
  }

  async #load(part: number): Promise<tf.Tensor[]> {
    const { data, model, rng } = this.#options
    const step = this.#step
    const { inputs, targets } = await data.next({ step, part }, rng.split('batches').split(`${step}/${part}`))
    const batch = [...inputs, ...targets]
    if (inputs.length === model.inputs.length) return batch
    tf.dispose(batch)
    throw new PixelwiseError('training/wrong-inputs', {
      what: `step ${step + 1}: the batch has ${inputs.length} inputs`,
      rule: `model "${model.name}" takes ${model.inputs.length}: ${model.inputs.map((input) => input.name).join(', ')}`,
      next: 'put one tensor per input into batch.inputs, in that order, and everything else into batch.targets',
    })
  }

  #resumeData({ seed, data }: Checkpoint): void {
    if (seed.some((word, i) => word !== this.#seed[i])) {
      throw new PixelwiseError('training/other-seed', {
        what: `cannot resume from step ${this.#step}: the checkpoint was written by a run with another seed`,
        rule: 'a resumed run repeats the randomness of the one it continues',
        next: 'pass the same rng, or start a new run from the weights alone with restoreWeights(model, checkpoint)',
      })
    }
    this.#options.data.restore?.(data)
  }

  async #checkpointIfDue(): Promise<void> {
    const every = this.#options.checkpoint?.every
    if (every !== undefined && this.#step % every === 0) await this.#checkpoint()
  }

  async #checkpoint(): Promise<void> {
    const { checkpoint, model, data } = this.#options
    if (checkpoint === undefined || this.#saved === this.#step) return
    this.#saved = this.#step
    await checkpoint.save({
      step: this.#step,
      weights: await readNamed(modelWeights(model)),
      solver: await this.#solver.save(),
      data: data.save?.() ?? null,
      seed: this.#seed,
      recentLosses: [...this.#losses],
    })
  }
}

function requireCount(name: string, count: number): void {
  if (Number.isInteger(count) && count >= 1) return
  throw new PixelwiseError('training/bad-count', {
    what: `train with ${name} ${count}`,
    rule: 'expected a whole number of steps, at least 1',
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

function diverged(step: number, loss: number, learningRate: number, before: number | undefined): PixelwiseError {
  const last = before === undefined ? 'there was no step before' : `the step before had ${before}`
  return new PixelwiseError('training/diverged', {
    what: `step ${step}: the loss is ${loss} (learning rate ${learningRate}; ${last})`,
    rule: 'the loss must stay a finite number',
    next: 'lower the learning rate or set clipGradients, check inputs and labels for values out of range, and resume from the last checkpoint',
  })
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
