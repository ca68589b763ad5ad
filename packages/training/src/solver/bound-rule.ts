import { PixelwiseError } from '@pixelwise/masks/shared'
import * as tf from '@tensorflow/tfjs-core'
import { assignNamed, readNamed } from '../weights.js'
import { requireSchedule, type Schedule } from './schedule.js'
import type { BoundSolver, NamedVariable, Solver } from './solver.js'

/** Settings that all update rules share. */
export interface SolverOptions {
  /** A number (Caffe's `fixed`) or a schedule. */
  readonly learningRate: number | Schedule
  /** Strength of the L2 penalty ½·decay·w². Default 0. */
  readonly weightDecay?: number
  /** Factors of single weights, by name (`conv1/bias`); 1 where left out. Caffe's `lr_mult` and `decay_mult`. */
  readonly multipliers?: (weightName: string) => WeightMultipliers
  /** Batches per update, their gradients averaged. Default 1. */
  readonly iterSize?: number
  /** Largest L2 norm of all gradients together; longer ones are scaled down to it. */
  readonly clipGradients?: number
}

/** Factors of one weight's learning rate and decay, 1 where they are left out. */
export interface WeightMultipliers {
  readonly learningRate?: number
  readonly decay?: number
}

/** What makes one rule differ from another: which buffers it keeps, and how they and the weight change. */
export interface UpdateFormula {
  /** What is remembered of each weight, by name; zero at first. */
  readonly buffers: readonly string[]
  /** Numbers that change from step to step, the learning rate first. */
  scalars(iteration: number): readonly number[]
  /** New values from old ones and the gradient, decay included. */
  change(from: UpdateInputs): { readonly buffers: readonly tf.Tensor[]; readonly weight: tf.Tensor }
}

export interface UpdateInputs {
  readonly weight: tf.Tensor
  readonly gradient: tf.Tensor
  readonly buffers: readonly tf.Tensor[]
  readonly scalars: readonly tf.Tensor[]
  readonly rateMultiplier: number
}

/** A solver of a formula: it accumulates, clips, averages and decays gradients, then applies the formula. */
export function solverOf(kind: string, options: SolverOptions, formula: UpdateFormula): Solver {
  const { weightDecay = 0, iterSize = 1, clipGradients = 1 } = options
  requireSetting(kind, 'weightDecay', weightDecay, weightDecay >= 0, '≥ 0')
  requireSetting(kind, 'iterSize', iterSize, Number.isInteger(iterSize) && iterSize >= 1, 'a whole number ≥ 1')
  requireSetting(kind, 'clipGradients', clipGradients, clipGradients > 0, '> 0')
  requireSchedule(scheduleOf(options))
  return { iterSize, bind: (weights) => new BoundRule({ ...options, weightDecay, iterSize }, formula, weights) }
}

export function scheduleOf({ learningRate }: SolverOptions): Schedule {
  return typeof learningRate === 'number' ? { policy: 'fixed', base: learningRate } : learningRate
}

/** Throws `training/bad-solver` unless the setting fits its rule. */
export function requireSetting(kind: string, name: string, value: number, fits: boolean, rule: string): void {
  if (fits) return
  throw new PixelwiseError('training/bad-solver', {
    what: `${kind} with ${name} ${value}`,
    rule: `${name} must be ${rule}`,
    next:
      kind === 'adam'
        ? 'the usual settings are beta1 0.9, beta2 0.999, epsilon 1e-8 and iterSize 1'
        : 'the field starts from momentum 0.9, weightDecay 0.0005 and iterSize 1',
  })
}

interface Learner {
  readonly name: string
  readonly weight: tf.Variable
  readonly buffers: readonly tf.Variable[]
  /** Sum of the gradients of the earlier batches of this step; only kept when there can be some. */
  readonly accumulated: tf.Variable | null
  readonly rateMultiplier: number
  readonly decay: number
}

interface Settings extends SolverOptions {
  readonly weightDecay: number
  readonly iterSize: number
}

class BoundRule implements BoundSolver {
  readonly variables: readonly tf.Variable[]
  readonly state: readonly tf.Variable[]
  readonly #settings: Settings
  readonly #formula: UpdateFormula
  readonly #learners: readonly Learner[]
  readonly #scalars: readonly tf.Variable[]

  constructor(settings: Settings, formula: UpdateFormula, weights: readonly NamedVariable[]) {
    this.#settings = settings
    this.#formula = formula
    this.#learners = weights.flatMap(({ name, variable }) => {
      const { learningRate = 1, decay = 1 } = settings.multipliers?.(name) ?? {}
      if (learningRate === 0) return []
      return {
        name,
        weight: variable,
        buffers: formula.buffers.map(() => zeroVariable(variable)),
        accumulated: settings.iterSize > 1 ? zeroVariable(variable) : null,
        rateMultiplier: learningRate,
        decay: settings.weightDecay * decay,
      }
    })
    this.#scalars = formula.scalars(0).map((value) => tf.tidy(() => tf.variable(tf.scalar(value), false)))
    this.variables = this.#learners.map(({ weight }) => weight)
    this.state = [
      ...this.#scalars,
      ...this.#learners.flatMap(({ buffers, accumulated }) => (accumulated ? [...buffers, accumulated] : buffers)),
    ]
  }

  begin(iteration: number): number {
    const values = this.#formula.scalars(iteration)
    tf.tidy(() => {
      this.#scalars.forEach((scalar, i) => {
        scalar.assign(tf.scalar(values[i]))
      })
    })
    return values[0]
  }

  accumulate(gradients: readonly tf.Tensor[]): void {
    tf.tidy(() => {
      this.#learners.forEach(({ accumulated }, i) => {
        accumulated?.assign(tf.add(accumulated, gradients[i]))
      })
    })
  }

  update(gradients: readonly tf.Tensor[]): void {
    tf.tidy(() => {
      const sums = this.#learners.map(({ accumulated }, i) =>
        accumulated ? tf.add(accumulated, gradients[i]) : gradients[i],
      )
      const clipped = this.#clip(sums)
      this.#learners.forEach((learner, i) => {
        this.#step(learner, clipped[i])
      })
    })
  }

  save() {
    return readNamed(this.#memory())
  }

  restore(saved: Parameters<BoundSolver['restore']>[0]): void {
    assignNamed(this.#memory(), saved, 'solver state')
  }

  dispose(): void {
    tf.dispose([...this.state])
  }

  #memory(): NamedVariable[] {
    return this.#learners.flatMap(({ name, buffers }) =>
      buffers.map((variable, i) => ({ name: `${name}/${this.#formula.buffers[i]}`, variable })),
    )
  }

  #clip(gradients: tf.Tensor[]): tf.Tensor[] {
    const { clipGradients } = this.#settings
    if (clipGradients === undefined) return gradients
    const norm = tf.sqrt(tf.addN(gradients.map((gradient) => tf.sum(tf.square(gradient)))))
    const scale = tf.minimum(1, tf.div(clipGradients, norm))
    return gradients.map((gradient) => tf.mul(gradient, scale))
  }

  #step({ weight, buffers, accumulated, rateMultiplier, decay }: Learner, sum: tf.Tensor): void {
    const { iterSize } = this.#settings
    const mean = iterSize === 1 ? sum : tf.mul(sum, 1 / iterSize)
    const gradient = decay === 0 ? mean : tf.add(mean, tf.mul(weight, decay))
    const changed = this.#formula.change({ weight, gradient, buffers, scalars: this.#scalars, rateMultiplier })
    buffers.forEach((buffer, i) => {
      buffer.assign(changed.buffers[i])
    })
    weight.assign(changed.weight)
    accumulated?.assign(tf.zerosLike(accumulated))
  }
}

function zeroVariable(like: tf.Tensor): tf.Variable {
  return tf.tidy(() => tf.variable(tf.zerosLike(like), false))
}
