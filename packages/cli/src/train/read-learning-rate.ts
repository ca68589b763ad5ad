import { policyParameters, type Schedule } from '@pixelwise/training'
import type { Field, NumberRule } from '../config/config-file.js'

type Policy = Schedule['policy']

const policies = Object.keys(policyParameters) as Policy[] // the keys of that record

/** What the parameters of policies must be like; `stepValues` is a list. */
const rules = {
  base: { above: 0 },
  gamma: { least: 0 },
  power: { above: 0 },
  stepSize: { above: 0, whole: true },
  maxSteps: { above: 0, whole: true },
} as const satisfies Record<string, NumberRule>

/** Reads a learning rate: a number, or a policy with its parameters. */
export function readLearningRate(field: Field): number | Schedule | undefined {
  if (!field.isSet) return undefined
  if (typeof field.value === 'number') return field.number({ above: 0 })
  if (typeof field.value !== 'object') return field.wrong('a number, or a policy')
  const policy = field.get('policy').required((it) => it.choice(policies), `one of ${policies.join(', ')}`)
  const parameters = policy === undefined ? Object.values(policyParameters).flat() : policyParameters[policy]
  if (field.mapping(['policy', 'base', ...parameters]) === undefined) return undefined
  const base = required(field, 'base')
  return policy === undefined ? undefined : readSchedule(field, policy, base)
}

/** `maxSteps` of `poly` may be left out; it is 0 until the number of steps is known. */
function readSchedule(field: Field, policy: Policy, base: number): Schedule {
  switch (policy) {
    case 'fixed':
      return { policy, base }
    case 'step':
      return { policy, base, gamma: required(field, 'gamma'), stepSize: required(field, 'stepSize') }
    case 'exp':
      return { policy, base, gamma: required(field, 'gamma') }
    case 'inv':
      return { policy, base, gamma: required(field, 'gamma'), power: required(field, 'power') }
    case 'multistep':
      return { policy, base, gamma: required(field, 'gamma'), stepValues: readStepValues(field.get('stepValues')) }
    case 'poly':
      return {
        policy,
        base,
        power: required(field, 'power'),
        maxSteps: field.get('maxSteps').number(rules.maxSteps) ?? 0,
      }
    case 'sigmoid':
      // A sigmoid falls where gamma is negative.
      return { policy, base, gamma: required(field, 'gamma', {}), stepSize: required(field, 'stepSize') }
  }
}

/** A parameter that must be there; where it is not, the problem is noted and the number is none. */
function required(field: Field, name: keyof typeof rules, rule: NumberRule = rules[name]): number {
  return field.get(name).required((it) => it.number(rule), 'a number') ?? Number.NaN
}

function readStepValues(field: Field): number[] {
  return field.required((it) => it.list((item) => item.number({ least: 0 })), 'a list of steps') ?? []
}
