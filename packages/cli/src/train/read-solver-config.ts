import type { WeightRule } from '@pixelwise/fcn'
import { policyParameters, type Schedule } from '@pixelwise/training'
import type { Field } from '../config/config-file.js'
import { set } from '../config/set.js'
import type { SolverConfig } from './train-config.js'

/** Reads the `solver` of a training configuration; without a recipe or a preset it must name a learning rate. */
export function readSolverConfig(field: Field, isRecipe: boolean): SolverConfig {
  const solver = field.mapping(keys) ?? field
  const preset = solver.get('preset').choice(['heavy', 'batch-20'] as const)
  const rule = solver.get('rule').choice(['sgd', 'adam'] as const) ?? 'sgd'
  const learningRate = readLearningRate(solver.get('learningRate'))
  if (!isRecipe && !solver.get('preset').isSet && !solver.get('learningRate').isSet) {
    solver.get('learningRate').wrong('a number, a schedule, or a preset')
  }
  for (const name of rule === 'sgd' ? ['beta1', 'beta2', 'epsilon'] : ['momentum', 'preset']) {
    if (solver.get(name).isSet) solver.get(name).wrong(`nothing: the rule is ${rule}`)
  }
  const share = { least: 0, below: 1 }
  return {
    rule,
    ...set('preset', preset),
    ...set('learningRate', learningRate),
    ...set('momentum', solver.get('momentum').number(share)),
    ...set('weightDecay', solver.get('weightDecay').number({ least: 0 })),
    ...set('iterSize', solver.get('iterSize').number({ least: 1, whole: true })),
    ...set('clipGradients', solver.get('clipGradients').number({ above: 0 })),
    ...set('multipliers', solver.get('multipliers').list(readWeightRule)),
    ...set('beta1', solver.get('beta1').number(share)),
    ...set('beta2', solver.get('beta2').number(share)),
    ...set('epsilon', solver.get('epsilon').number({ above: 0 })),
  }
}

const keys = [
  'preset',
  'rule',
  'learningRate',
  'momentum',
  'weightDecay',
  'iterSize',
  'clipGradients',
  'multipliers',
  'beta1',
  'beta2',
  'epsilon',
]

/** A number, or a policy with its parameters; `maxSteps` of `poly` may be left out and is then the last step. */
function readLearningRate(field: Field): SolverConfig['learningRate'] {
  if (!field.isSet) return undefined
  if (typeof field.value === 'number') return field.number({ above: 0 })
  const policy = field.get('policy').choice(Object.keys(policyParameters) as Schedule['policy'][])
  if (policy === undefined) return field.get('policy').isSet ? undefined : field.wrong('a number, or a policy')
  field.mapping(['policy', 'base', ...policyParameters[policy]])
  const parameters = ['base', ...policyParameters[policy]].map((name) => {
    const parameter = field.get(name)
    if (name === 'maxSteps' && !parameter.isSet) return [name, 0] as const // the number of steps, once it is known
    if (name === 'stepValues')
      return [
        name,
        parameter.required((it) => it.list((item) => item.number({ least: 0 })), 'a list of steps'),
      ] as const
    const rule = { ...(name !== 'gamma' && { above: 0 }), ...(/Size|Steps/.test(name) && { whole: true }) }
    return [name, parameter.required((it) => it.number(rule), 'a number')] as const
  })
  // The parameters of a policy are checked above to be there; where one is not, the whole file is refused.
  return { policy, ...Object.fromEntries(parameters) } as unknown as Schedule
}

function readWeightRule(item: Field): WeightRule | undefined {
  const rule = item.mapping(['weights', 'learningRate', 'decay'])
  const weights = rule?.get('weights').required((field) => field.text('a pattern'), 'a pattern such as "*/bias"')
  if (rule === undefined || weights === undefined) return undefined
  return {
    weights,
    ...set('learningRate', rule.get('learningRate').number({ least: 0 })),
    ...set('decay', rule.get('decay').number({ least: 0 })),
  }
}
