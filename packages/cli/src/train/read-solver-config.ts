import type { WeightRule } from '@pixelwise/fcn'
import type { Field } from '../config/config-file.js'
import { set } from '../config/set.js'
import { readLearningRate } from './read-learning-rate.js'
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

function readWeightRule(item: Field): WeightRule | undefined {
  const rule = item.mapping(['weights', 'learningRate', 'decay'])
  const weights = rule?.get('weights').required((field) => field.text('a pattern'), 'a pattern such as "*/bias"')
  if (rule === undefined) return undefined
  const factors = {
    ...set('learningRate', rule.get('learningRate').number({ least: 0 })),
    ...set('decay', rule.get('decay').number({ least: 0 })),
  }
  return weights === undefined ? undefined : { weights, ...factors }
}
