import * as tf from '@tensorflow/tfjs-core'
import { requireSetting, type SolverOptions, scheduleOf, solverOf } from './bound-rule.js'
import { learningRateAt } from './schedule.js'
import type { Solver } from './solver.js'

/**
 * Adam: every weight has a step size of its own, from running means m of its gradient g and s of g².
 *
 *     m ← beta1 · m + (1 − beta1) · g            s ← beta2 · s + (1 − beta2) · g²
 *     w ← w − learningRate · multiplier · m/(1 − beta1^t) / (√(s/(1 − beta2^t)) + epsilon)
 *
 * where t counts steps from 1, and clipping, averaging and decay come first, as in `sgd`. For nets of one's own: the
 * published ones were trained with `sgd`, whose settings mean nothing here.
 *
 * Throws `training/bad-solver` or `training/bad-schedule` when a setting makes no sense.
 * Source: Kingma and Ba 2015, Algorithm 1; PyTorch's Adam.
 */
export function adam(options: AdamOptions): Solver {
  const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8 } = options
  requireSetting('adam', 'beta1', beta1, beta1 >= 0 && beta1 < 1, 'in 0 ≤ beta1 < 1')
  requireSetting('adam', 'beta2', beta2, beta2 >= 0 && beta2 < 1, 'in 0 ≤ beta2 < 1')
  requireSetting('adam', 'epsilon', epsilon, epsilon > 0, '> 0')
  const schedule = scheduleOf(options)
  return solverOf('adam', options, {
    buffers: ['mean', 'square'],
    scalars: (iteration) => {
      const t = iteration + 1
      return [learningRateAt(schedule, iteration), 1 / (1 - beta1 ** t), 1 / (1 - beta2 ** t)]
    },
    change: ({ weight, gradient, buffers, scalars: [learningRate, meanCorrection, squareCorrection], ...rest }) => {
      const mean = tf.add(tf.mul(buffers[0], beta1), tf.mul(gradient, 1 - beta1))
      const square = tf.add(tf.mul(buffers[1], beta2), tf.mul(tf.square(gradient), 1 - beta2))
      const spread = tf.add(tf.sqrt(tf.mul(square, squareCorrection)), epsilon)
      const rate = tf.mul(tf.mul(learningRate, rest.rateMultiplier), meanCorrection)
      return { buffers: [mean, square], weight: tf.sub(weight, tf.div(tf.mul(mean, rate), spread)) }
    },
  })
}

export interface AdamOptions extends SolverOptions {
  /** Share of the running mean that is kept, default 0.9. */
  readonly beta1?: number
  /** The same for the squares, default 0.999. */
  readonly beta2?: number
  /** Keeps the division finite, default 1e-8. */
  readonly epsilon?: number
}
