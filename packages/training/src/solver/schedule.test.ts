import { expect, test } from 'vitest'
import { learningRateAt, requireSchedule, type Schedule } from './schedule.js'

const rates = (schedule: Schedule, ...iterations: number[]) => iterations.map((i) => learningRateAt(schedule, i))

test("inv prints the learning rates of Caffe's LeNet log", () => {
  const lenet = { policy: 'inv', base: 0.01, gamma: 0.0001, power: 0.75 } as const
  expect(rates(lenet, 0, 100, 9900).map((rate) => rate.toPrecision(6))).toEqual([
    '0.0100000',
    '0.00992565',
    '0.00596843',
  ])
})

test('fixed stays, step and multistep drop at their steps, exp decays all the time', () => {
  expect(rates({ policy: 'fixed', base: 1e-10 }, 0, 1e6)).toEqual([1e-10, 1e-10])
  expect(rates({ policy: 'step', base: 8, gamma: 0.5, stepSize: 10 }, 0, 9, 10, 19, 20)).toEqual([8, 8, 4, 4, 2])
  expect(rates({ policy: 'multistep', base: 8, gamma: 0.5, stepValues: [3, 10] }, 2, 3, 9, 10, 99)).toEqual([
    8, 4, 4, 2, 2,
  ])
  expect(rates({ policy: 'exp', base: 8, gamma: 0.5 }, 0, 1, 3)).toEqual([8, 4, 1])
})

test('poly reaches zero at its last step and stays there', () => {
  const poly = { policy: 'poly', base: 2, power: 2, maxSteps: 4 } as const
  expect(rates(poly, 0, 1, 2, 4, 5)).toEqual([2, 1.125, 0.5, 0, 0])
})

test('sigmoid is half its base at stepSize and falls for negative gamma in Caffe terms', () => {
  const sigmoid = { policy: 'sigmoid', base: 2, gamma: 1, stepSize: 5 } as const
  expect(learningRateAt(sigmoid, 5)).toBe(1)
  expect(learningRateAt(sigmoid, 6)).toBeCloseTo(2 * 0.7310585786300049, 15) // logistic(1)
})

test('says what a schedule lacks', () => {
  expect(() => requireSchedule({ policy: 'step', base: 1, gamma: 0.1, stepSize: 0 })).toThrow(
    `learning rate policy "step" with stepSize 0: stepSize must be a number > 0; write it as { policy: 'step', base: 0.01, gamma: 0.1, stepSize: 9000 }`,
  )
  expect(() => requireSchedule({ policy: 'fixed', base: Number.NaN })).toThrow(
    'with base null: base must be a number ≥ 0',
  )
  const typed = JSON.parse('{ "policy": "poly3", "base": 1 }')
  expect(() => requireSchedule(typed)).toThrow(
    'learning rate policy "poly3": known: fixed, step, exp, inv, multistep, poly, sigmoid; ',
  )
  const partial = JSON.parse('{ "policy": "multistep", "base": 1, "gamma": 0.1 }')
  expect(() => requireSchedule(partial)).toThrow('with stepValues undefined: stepValues must be a list of numbers')
})
