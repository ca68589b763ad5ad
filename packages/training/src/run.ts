import { type MaskSource, type PreparedStep, seededMasks } from '@pixelwise/core'
import { PixelwiseError } from '@pixelwise/masks/shared'
import * as tf from '@tensorflow/tfjs-core'
import type { Checkpoint } from './checkpoint.js'
import type { Batch } from './data/batch-source.js'
import { Evaluations } from './evaluations.js'
import { rememberValues } from './remember-values.js'
import type { BoundSolver } from './solver/solver.js'
import type { TrainOptions, TrainResult } from './train-options.js'
import { turn } from './turn.js'
import { modelWeights, readNamed } from './weights.js'

const averageLossWindow = 20

/** One run of `train`, from its first step here to its last. */
export class Run {
  readonly #options: TrainOptions
  readonly #solver: BoundSolver
  readonly #seed: readonly number[]
  readonly #losses: number[]
  readonly #evaluations: Evaluations
  #step: number
  #saved: number

  constructor(options: TrainOptions, solver: BoundSolver) {
    this.#options = options
    this.#solver = solver
    this.#seed = options.rng.split('seed').state
    this.#step = this.#saved = options.resume?.step ?? 0
    this.#losses = [...(options.resume?.recentLosses ?? [])]
    this.#evaluations = new Evaluations(options.evaluation, options.resume?.evaluation)
    if (options.resume !== undefined) this.#resumeData(options.resume)
  }

  async go(): Promise<TrainResult> {
    const { engine, solver, steps } = this.#options
    const apply = await engine.prepareStep(this.#definition((gradients) => this.#solver.update(gradients)))
    const accumulate =
      solver.iterSize === 1
        ? apply
        : await engine.prepareStep(this.#definition((gradients) => this.#solver.accumulate(gradients)))
    try {
      await this.#evaluateIfDue() // an abort may have come between the step and its evaluation
      while (this.#step < steps && !this.#evaluations.exhausted && !this.#aborted) {
        await this.#once(accumulate, apply)
        await this.#evaluateIfDue()
        await this.#checkpointIfDue()
        await turn()
      }
      await this.#checkpointIfNew()
    } finally {
      apply.dispose()
      if (accumulate !== apply) accumulate.dispose()
    }
    return {
      step: this.#step,
      stopped: this.#evaluations.exhausted ? 'early' : this.#step < steps ? 'aborted' : 'finished',
      averageLoss: mean(this.#losses),
      best: this.#evaluations.state.best,
    }
  }

  get #aborted(): boolean {
    return this.#options.signal?.aborted === true
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
    const { solver, steps, onStep, model } = this.#options
    const learningRate = this.#solver.begin(this.#step)
    const before = rememberValues([...modelWeights(model).map(({ variable }) => variable), ...this.#solver.state])
    let [loss, examples, milliseconds, dataMilliseconds] = [0, 0, 0, 0]
    try {
      for (let part = 0; part < solver.iterSize; part++) {
        const started = performance.now()
        const { inputs, targets, ids } = await this.#load(part)
        const loaded = performance.now()
        examples += inputs[0].shape[0] ?? 1
        try {
          const step = part === solver.iterSize - 1 ? apply : accumulate
          const partLoss = await step.run([...inputs, ...targets], this.#masks(part))
          if (!Number.isFinite(partLoss)) throw this.#diverged(partLoss, learningRate, ids)
          loss += partLoss
        } finally {
          tf.dispose([...inputs, ...targets])
        }
        dataMilliseconds += loaded - started
        milliseconds += performance.now() - loaded
      }
    } catch (error) {
      before.restore()
      throw error
    } finally {
      before.dispose()
    }
    loss /= solver.iterSize
    this.#step++
    this.#losses.push(loss)
    if (this.#losses.length > averageLossWindow) this.#losses.shift()
    const averageLoss = mean(this.#losses)
    const step = this.#step
    await onStep?.({ step, steps, loss, averageLoss, learningRate, examples, milliseconds, dataMilliseconds })
  }

  /** Dropout masks depend on seed, step and part alone, so that a resumed run repeats them. */
  #masks(part: number): MaskSource {
    return seededMasks(this.#options.rng.split('masks').split(`${this.#step}/${part}`))
  }

  async #load(part: number): Promise<Batch> {
    const { data, model, rng } = this.#options
    const step = this.#step
    const batch = await data.next({ step, part }, rng.split('batches').split(`${step}/${part}`))
    const { inputs, targets } = batch
    if (inputs.length === model.inputs.length) return batch
    tf.dispose([...inputs, ...targets])
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

  async #evaluateIfDue(): Promise<void> {
    const { steps, checkpoint } = this.#options
    if (this.#aborted || !this.#evaluations.isDue(this.#step, steps)) return
    const isBest = await this.#evaluations.run(this.#step)
    if (isBest) await checkpoint?.saveBest?.(await this.#checkpoint())
    this.#saved = Math.min(this.#saved, this.#step - 1) // a stored checkpoint of this step lacks the score
  }

  async #checkpointIfDue(): Promise<void> {
    const every = this.#options.checkpoint?.every
    if (every !== undefined && this.#step % every === 0) await this.#checkpointIfNew()
  }

  async #checkpointIfNew(): Promise<void> {
    const { checkpoint } = this.#options
    if (checkpoint === undefined || this.#saved === this.#step) return
    await checkpoint.save(await this.#checkpoint())
    this.#saved = this.#step
  }

  async #checkpoint(): Promise<Checkpoint> {
    const { model, data, evaluation } = this.#options
    const weights = await readNamed(modelWeights(model))
    const spoilt = weights.find(({ values }) => !values.every(Number.isFinite))
    if (spoilt !== undefined) throw this.#notFinite(spoilt.name)
    return {
      step: this.#step,
      weights,
      solver: await this.#solver.save(),
      data: data.save?.() ?? null,
      seed: this.#seed,
      recentLosses: [...this.#losses],
      ...(evaluation !== undefined && { evaluation: this.#evaluations.state }),
    }
  }

  #diverged(loss: number, learningRate: number, ids: readonly string[] = []): PixelwiseError {
    const before = this.#losses.at(-1)
    const last = before === undefined ? 'there was no step before' : `the step before had ${before}`
    const examples = ids.length === 0 ? '' : ` on ${ids.join(', ')}`
    return new PixelwiseError('training/diverged', {
      what: `step ${this.#step + 1}: the loss${examples} is ${loss} (learning rate ${learningRate}; ${last})`,
      rule: 'the loss must stay a finite number',
      next: 'lower the learning rate or set clipGradients, check inputs and labels for values out of range, and resume from the last checkpoint',
    })
  }

  #notFinite(name: string): PixelwiseError {
    return new PixelwiseError('training/not-finite', {
      what: `step ${this.#step}: weight "${name}" holds values that are not finite, though the loss was ${this.#losses.at(-1)}`,
      rule: 'a checkpoint holds finite numbers, so this one was not written',
      next: 'lower the learning rate or set clipGradients, and resume from the last checkpoint',
    })
  }
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
