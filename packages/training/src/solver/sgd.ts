import { PixelwiseError } from '@pixelwise/masks/shared'
import * as tf from '@tensorflow/tfjs-core'
import { assignNamed, readNamed } from '../weights.js'
import { learningRateAt, requireSchedule, type Schedule } from './schedule.js'
import type { BoundSolver, NamedVariable, Solver } from './solver.js'

/**
 * Stochastic gradient descent with momentum, exactly Caffe's rule.
 *
 * For every weight w with gradient g (summed over `iterSize` batches), momentum buffer v:
 *
 *     g ← g · min(1, clip / ‖all g‖)          when clipGradients is set
 *     g ← g / iterSize
 *     g ← g + weightDecay · decayMultiplier · w
 *     v ← momentum · v + learningRate · learningRateMultiplier · g
 *     w ← w − v
 *
 * The learning rate is inside v, so that a change of rate leaves the velocity as it is; Keras and PyTorch differ here.
 * A weight whose learning rate multiplier is 0 does not learn and costs no gradient.
 *
 * Throws `training/bad-solver` or `training/bad-schedule` when a setting makes no sense.
 * Source: Caffe's SGDSolver.
 */
export function sgd(options: SgdOptions): Solver {
  const settings = {
    ...options,
    momentum: options.momentum ?? 0,
    weightDecay: options.weightDecay ?? 0,
    iterSize: options.iterSize ?? 1,
    schedule: asSchedule(options.learningRate),
    multipliers: options.multipliers ?? (() => ({})),
  }
  requireSetting('momentum', settings.momentum, settings.momentum >= 0 && settings.momentum < 1, 'in 0 ≤ momentum < 1')
  requireSetting('weightDecay', settings.weightDecay, settings.weightDecay >= 0, '≥ 0')
  requireSetting(
    'iterSize',
    settings.iterSize,
    Number.isInteger(settings.iterSize) && settings.iterSize >= 1,
    'a whole number ≥ 1',
  )
  const clip = options.clipGradients
  requireSetting('clipGradients', clip ?? 1, clip === undefined || clip > 0, '> 0')
  requireSchedule(settings.schedule)
  return { iterSize: settings.iterSize, bind: (weights) => new BoundSgd(settings, weights) }
}

export interface SgdOptions {
  /** A number (Caffe's `fixed`) or a schedule. */
  readonly learningRate: number | Schedule
  /** Share of the last update that is kept, 0 ≤ momentum < 1. Default 0. */
  readonly momentum?: number
  /** Strength of the L2 penalty ½·decay·w². Default 0. */
  readonly weightDecay?: number
  /** Factors of single weights, by name (`conv1/bias`); 1 where left out. Caffe's `lr_mult` and `decay_mult`. */
  readonly multipliers?: (weightName: string) => WeightMultipliers
  /** Batches per update, their gradients averaged. Default 1. */
  readonly iterSize?: number
  /** Largest L2 norm of all gradients together; longer ones are scaled down to it. */
  readonly clipGradients?: number
}

export interface WeightMultipliers {
  readonly learningRate?: number
  readonly decay?: number
}

interface Settings extends SgdOptions {
  readonly momentum: number
  readonly weightDecay: number
  readonly iterSize: number
  readonly schedule: Schedule
  readonly multipliers: (weightName: string) => WeightMultipliers
}

interface Learner {
  readonly name: string
  readonly weight: tf.Variable
  readonly momentum: tf.Variable
  /** Sum of the gradients of the earlier batches of this step; only kept when there can be some. */
  readonly accumulated: tf.Variable | null
  readonly rateMultiplier: number
  readonly decay: number
}

class BoundSgd implements BoundSolver {
  readonly variables: readonly tf.Variable[]
  readonly state: readonly tf.Variable[]
  readonly #settings: Settings
  readonly #learners: readonly Learner[]
  readonly #rate: tf.Variable

  constructor(settings: Settings, weights: readonly NamedVariable[]) {
    this.#settings = settings
    this.#learners = weights.flatMap(({ name, variable }) => {
      const { learningRate = 1, decay = 1 } = settings.multipliers(name)
      if (learningRate === 0) return []
      return {
        name,
        weight: variable,
        momentum: zeroVariable(variable),
        accumulated: settings.iterSize > 1 ? zeroVariable(variable) : null,
        rateMultiplier: learningRate,
        decay: settings.weightDecay * decay,
      }
    })
    this.#rate = tf.tidy(() => tf.variable(tf.scalar(0), false))
    this.variables = this.#learners.map(({ weight }) => weight)
    this.state = [
      this.#rate,
      ...this.#learners.flatMap(({ momentum, accumulated }) => (accumulated ? [momentum, accumulated] : [momentum])),
    ]
  }

  begin(iteration: number): number {
    const rate = learningRateAt(this.#settings.schedule, iteration)
    tf.tidy(() => this.#rate.assign(tf.scalar(rate)))
    return rate
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
    return readNamed(this.#momenta())
  }

  restore(saved: Parameters<BoundSolver['restore']>[0]): void {
    assignNamed(this.#momenta(), saved, 'solver state')
  }

  dispose(): void {
    tf.dispose([...this.state])
  }

  #momenta(): NamedVariable[] {
    return this.#learners.map(({ name, momentum }) => ({ name: `${name}/momentum`, variable: momentum }))
  }

  #clip(gradients: tf.Tensor[]): tf.Tensor[] {
    const { clipGradients } = this.#settings
    if (clipGradients === undefined) return gradients
    const norm = tf.sqrt(tf.addN(gradients.map((gradient) => tf.sum(tf.square(gradient)))))
    const scale = tf.minimum(1, tf.div(clipGradients, norm))
    return gradients.map((gradient) => tf.mul(gradient, scale))
  }

  #step({ weight, momentum, accumulated, rateMultiplier, decay }: Learner, sum: tf.Tensor): void {
    const { iterSize } = this.#settings
    const mean = iterSize === 1 ? sum : tf.mul(sum, 1 / iterSize)
    const decayed = decay === 0 ? mean : tf.add(mean, tf.mul(weight, decay))
    const rate = rateMultiplier === 1 ? this.#rate : tf.mul(this.#rate, rateMultiplier)
    momentum.assign(tf.add(tf.mul(momentum, this.#settings.momentum), tf.mul(decayed, rate)))
    weight.assign(tf.sub(weight, momentum))
    accumulated?.assign(tf.zerosLike(accumulated))
  }
}

function zeroVariable(like: tf.Tensor): tf.Variable {
  return tf.tidy(() => tf.variable(tf.zerosLike(like), false))
}

function asSchedule(learningRate: number | Schedule): Schedule {
  return typeof learningRate === 'number' ? { policy: 'fixed', base: learningRate } : learningRate
}

function requireSetting(name: string, value: number, fits: boolean, rule: string): void {
  if (fits) return
  throw new PixelwiseError('training/bad-solver', {
    what: `sgd with ${name} ${value}`,
    rule: `${name} must be ${rule}`,
    next: 'the field starts from momentum 0.9, weightDecay 0.0005 and iterSize 1',
  })
}
