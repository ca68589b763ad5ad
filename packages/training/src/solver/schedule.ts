import { PixelwiseError } from '@pixelwise/masks/shared'

/**
 * A learning rate over time, as data: Caffe's policies by their names and parameters.
 *
 * Source: Caffe's SGDSolver (`lr_policy`).
 */
export type Schedule =
  /** Always `base`. */
  | { readonly policy: 'fixed'; readonly base: number }
  /** `base · gamma^⌊i / stepSize⌋` */
  | { readonly policy: 'step'; readonly base: number; readonly gamma: number; readonly stepSize: number }
  /** `base · gamma^i` */
  | { readonly policy: 'exp'; readonly base: number; readonly gamma: number }
  /** `base · (1 + gamma·i)^−power` */
  | { readonly policy: 'inv'; readonly base: number; readonly gamma: number; readonly power: number }
  /** `base · gamma^(how many of stepValues are ≤ i)` */
  | {
      readonly policy: 'multistep'
      readonly base: number
      readonly gamma: number
      readonly stepValues: readonly number[]
    }
  /** `base · (1 − i / maxSteps)^power`; 0 from `maxSteps` on. */
  | { readonly policy: 'poly'; readonly base: number; readonly power: number; readonly maxSteps: number }
  /** `base / (1 + e^(−gamma·(i − stepSize)))`; falls for negative gamma */
  | { readonly policy: 'sigmoid'; readonly base: number; readonly gamma: number; readonly stepSize: number }

/** The learning rate of the step that follows `iteration` finished ones (0 for the first). */
export function learningRateAt(schedule: Schedule, iteration: number): number {
  switch (schedule.policy) {
    case 'fixed':
      return schedule.base
    case 'step':
      return schedule.base * schedule.gamma ** Math.floor(iteration / schedule.stepSize)
    case 'exp':
      return schedule.base * schedule.gamma ** iteration
    case 'inv':
      return schedule.base * (1 + schedule.gamma * iteration) ** -schedule.power
    case 'multistep':
      return schedule.base * schedule.gamma ** schedule.stepValues.filter((value) => iteration >= value).length
    case 'poly':
      return schedule.base * Math.max(0, 1 - iteration / schedule.maxSteps) ** schedule.power
    case 'sigmoid':
      return schedule.base / (1 + Math.exp(-schedule.gamma * (iteration - schedule.stepSize)))
  }
}

/** Throws `training/bad-schedule` when a parameter of the policy is missing or not a number it can use. */
export function requireSchedule(schedule: Schedule): void {
  const parameters = policyParameters[schedule.policy]
  if (parameters === undefined) {
    throw badSchedule(`learning rate policy "${schedule.policy}"`, `known: ${Object.keys(policyParameters).join(', ')}`)
  }
  const given: Partial<Record<string, unknown>> = { ...schedule }
  for (const name of ['base', ...parameters]) {
    const values = name === 'stepValues' ? given[name] : [given[name]]
    // The sigmoid falls where gamma is negative, and grows where it is positive; nothing else may be negative.
    const mayBeNegative = schedule.policy === 'sigmoid' && name === 'gamma'
    const fits = (value: unknown) => Number.isFinite(value) && (mayBeNegative || Number(value) >= 0)
    const usable = Array.isArray(values) && values.every(fits)
    const zeroSize = (name === 'stepSize' || name === 'maxSteps') && given[name] === 0
    if (!usable || zeroSize) {
      const rule = mayBeNegative ? 'a number' : `a number ${zeroSize ? '>' : '≥'} 0`
      throw badSchedule(
        `learning rate policy "${schedule.policy}" with ${name} ${JSON.stringify(given[name])}`,
        `${name} must be ${name === 'stepValues' ? 'a list of numbers' : rule}`,
      )
    }
  }
}

/** What each of Caffe's policies is told beside the base rate. */
export const policyParameters: Readonly<Record<Schedule['policy'], readonly string[]>> = {
  fixed: [],
  step: ['gamma', 'stepSize'],
  exp: ['gamma'],
  inv: ['gamma', 'power'],
  multistep: ['gamma', 'stepValues'],
  poly: ['power', 'maxSteps'],
  sigmoid: ['gamma', 'stepSize'],
}

function badSchedule(what: string, rule: string): PixelwiseError {
  return new PixelwiseError('training/bad-schedule', {
    what,
    rule,
    next: "write it as { policy: 'step', base: 0.01, gamma: 0.1, stepSize: 9000 }",
  })
}
