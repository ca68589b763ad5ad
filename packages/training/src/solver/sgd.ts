import * as tf from '@tensorflow/tfjs-core'
import { requireSetting, type SolverOptions, scheduleOf, solverOf } from './bound-rule.js'
import { learningRateAt } from './schedule.js'
import type { Solver } from './solver.js'

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
  const { momentum = 0 } = options
  requireSetting('sgd', 'momentum', momentum, momentum >= 0 && momentum < 1, 'in 0 ≤ momentum < 1')
  const schedule = scheduleOf(options)
  return solverOf('sgd', options, {
    buffers: ['momentum'],
    scalars: (iteration) => [learningRateAt(schedule, iteration)],
    change: ({ weight, gradient, buffers: [velocity], scalars: [learningRate], rateMultiplier }) => {
      const rate = rateMultiplier === 1 ? learningRate : tf.mul(learningRate, rateMultiplier)
      const next = tf.add(tf.mul(velocity, momentum), tf.mul(gradient, rate))
      return { buffers: [next], weight: tf.sub(weight, next) }
    },
  })
}

export interface SgdOptions extends SolverOptions {
  /** Share of the last update that is kept, 0 ≤ momentum < 1. Default 0. */
  readonly momentum?: number
}
