import type { Recipe } from '@pixelwise/fcn'
import { behind, beside } from './lines.js'

/** How a net learns: solver, amounts, augmentation, loss. */
export interface Learning {
  /** Whose published settings are the defaults. */
  readonly recipe: Recipe | undefined
  /** Whether the net learns from random weights: with larger steps, of more images each. */
  readonly anew: boolean
}

/** The lines for that. */
export function learningText(learning: Learning): string[] {
  return [...solver(learning), '', ...amounts(learning), '', ...augmentation(learning), '', ...loss(learning)]
}

function solver({ recipe, anew }: Learning): string[] {
  const isOn = recipe === undefined || anew
  const { momentum = 0.9, weightDecay = 5e-4, iterSize = 1, multipliers = biases } = recipe?.solver ?? {}
  return [
    isOn ? 'solver:' : '# solver:',
    ...learningRate({ recipe, anew }),
    behind(isOn, `momentum: ${momentum}`, 'default; with the rule sgd'),
    behind(isOn, `weightDecay: ${weightDecay}`, 'default'),
    behind(isOn, `iterSize: ${iterSize}`, 'default; batches per update'),
    behind(isOn, 'clipGradients: 10', 'largest norm of all gradients together; default: not clipped'),
    behind(isOn, `multipliers: ${JSON.stringify(multipliers)}`, 'default; factors of rate and decay'),
    behind(isOn, 'preset: heavy', 'or batch-20: published settings, for nets with ImageNet weights; default: none'),
    recipe !== undefined && anew
      ? beside('  rule: adam', 'with beta1: 0.9, beta2: 0.999, epsilon: 1e-8; default: sgd, as published')
      : behind(isOn, 'rule: sgd', 'default; or adam, with beta1: 0.9, beta2: 0.999, epsilon: 1e-8'),
  ]
}

/** Biases learn twice as fast and do not decay, as Caffe's nets have it. */
const biases = [{ weights: '*/bias', learningRate: 2, decay: 0 }]

function learningRate({ recipe, anew }: Learning): string[] {
  if (recipe === undefined) {
    const rate = `{ policy: poly, base: ${anew ? 0.03 : 0.01}, power: 0.9 }`
    return [beside(`  learningRate: ${rate}`, 'falls to 0 at maxSteps; default: the last step'), ...otherRates(true)]
  }
  const { learningRate: rate } = recipe.solver
  const published = typeof rate === 'number' ? rate : `{ policy: poly, base: ${rate.base}, power: ${rate.power} }`
  if (anew) return [beside('  learningRate: 0.003', `default: ${published}, as published`), ...otherRates(true)]
  return [behind(false, `learningRate: ${published}`, 'default'), ...otherRates(false)]
}

function otherRates(isOn: boolean): string[] {
  const rates = [
    'or a number, { policy: fixed, base: 0.01 }, { policy: exp, base: 0.01, gamma: 0.999 },',
    '{ policy: step, base: 0.01, gamma: 0.1, stepSize: 2000 },',
    '{ policy: multistep, base: 0.01, gamma: 0.1, stepValues: [2000, 3000] },',
    '{ policy: poly, base: 0.01, power: 0.9, maxSteps: 4000 }, { policy: inv, base: 0.01, gamma: 0.001, power: 0.75 },',
    '{ policy: sigmoid, base: 0.01, gamma: -0.01, stepSize: 2000 }',
  ]
  return rates.map((rate) => `${isOn ? '  #' : '#  '}     ${rate}`)
}

function amounts({ recipe, anew }: Learning): string[] {
  const samplers = 'stochastic, sequential, class-balanced'
  if (recipe === undefined) {
    return [
      'steps: 4000',
      beside(anew ? 'batchSize: 2' : '# batchSize: 1', `${anew ? '' : 'default; '}images of any sizes`),
      beside('# sampler: shuffled', `default; or ${samplers}`),
    ]
  }
  const { length } = recipe.solver
  return [
    'steps' in length
      ? beside(`# steps: ${length.steps}`, 'default')
      : beside('# steps: …', `default: ${length.epochs} epochs`),
    beside(`# batchSize: ${recipe.data.batchSize}`, 'default'),
    beside(`# sampler: ${recipe.data.sampler}`, `default; known: shuffled, ${samplers}`),
  ]
}

function augmentation({ recipe }: Learning): string[] {
  const known = ['mirror', 'jitter: 32', 'scale: [0.5, 2]', 'crop: 320', 'channel-shift: 20']
  if (recipe === undefined) {
    return [beside('augmentation:', 'default: none'), '  - mirror', ...known.slice(1).map((one) => `  # - ${one}`)]
  }
  const published = recipe.data.augmentation.map(augmentationText)
  const isNone = published.length === 0
  return [
    beside(
      '# augmentation:',
      isNone ? 'default: none; known:' : 'default; known: mirror, jitter, scale, crop, channel-shift',
    ),
    ...(isNone ? known : published).map((one) => `#   - ${one}`),
  ]
}

function augmentationText(one: Recipe['data']['augmentation'][number]): string {
  switch (one.kind) {
    case 'mirror':
      return 'mirror'
    case 'jitter':
      return `jitter: ${one.pixels}`
    case 'scale':
      return `scale: [${one.range.join(', ')}]`
    case 'crop':
      return `crop: ${one.size}`
    case 'channel-shift':
      return `channel-shift: ${one.amount}`
  }
}

function loss({ recipe, anew }: Learning): string[] {
  const published = recipe?.loss.normalization ?? 'valid'
  const divisors = 'the sum over pixels is divided by: valid, those with a label; batch, images; full, all; none'
  const isOn = recipe !== undefined && anew
  return [
    isOn ? 'loss:' : '# loss:',
    isOn
      ? beside('  normalization: valid', `default: ${published}, as published; ${divisors}`)
      : behind(false, `normalization: ${published}`, `default; ${divisors}`),
    behind(isOn, 'classWeights: [1, 2, 5]', 'a factor per class, larger for rare ones; default: all 1'),
  ]
}
