import { PixelwiseError } from '@pixelwise/masks/shared'
import type { Schedule, SgdOptions, WeightMultipliers } from '@pixelwise/training'
import { shortName } from './names.js'
import type { Message } from './prototxt/message.js'
import { parsePrototxt } from './prototxt/parse.js'
import { place } from './prototxt/tokens.js'
import type { ImportReport } from './translate/report.js'

/** A Caffe solver as data for `@pixelwise/training`. */
export interface CaffeSolver {
  /** Settings for `sgd`; multipliers of single weights come from the net: `weightMultipliers`. */
  readonly sgd: SgdOptions
  /** Steps in all. */
  readonly steps: number
  /** Files that the solver names: one net for all, or one for training and several for testing. */
  readonly nets: { readonly train?: string; readonly test: readonly string[] }
  /** Batches per test of each net, and steps between tests. */
  readonly test: { readonly batches: readonly number[]; readonly every: number }
  readonly snapshot: { readonly every: number; readonly prefix: string }
  /** Steps between two lines of the log, and over how many the loss is averaged. */
  readonly log: { readonly every: number; readonly average: number }
  readonly seed?: number
}

/**
 * Reads a solver file.
 *
 * Throws `prototxt/syntax` and `caffe/solver` for a solver that `sgd` cannot reproduce. Source: caffe.proto; Caffe's
 * SGDSolver.
 *
 * @example
 * const { sgd: settings, steps } = readSolver(text)
 * train({ solver: sgd({ ...settings, multipliers: weightMultipliers(report) }), steps, … })
 */
export function readSolver(text: string, name = 'solver.prototxt'): CaffeSolver {
  const solver = parsePrototxt(text, 'SolverParameter', name)
  const refuse = (what: string, rule: string, next: string) =>
    new PixelwiseError('caffe/solver', { what: `${place(name, solver.at)}: ${what}`, rule, next })
  const type = solver.text('type') ?? solver.text('solver_type', 'SGD')
  if (type !== 'SGD')
    throw refuse(`solver type ${shortName(type)}`, 'known: SGD', 'choose SGD, or train with a tfjs optimizer')
  const regularization = solver.text('regularization_type', 'L2')
  if (regularization !== 'L2') {
    throw refuse(`regularization_type ${shortName(regularization)}`, 'known: L2', 'choose L2')
  }
  const clip = solver.number('clip_gradients', -1)
  const seed = solver.number('random_seed', -1)
  const one = solver.text('net')
  const tests = solver.texts('test_net')
  return {
    sgd: {
      learningRate: schedule(solver, refuse),
      momentum: solver.number('momentum', 0),
      weightDecay: solver.number('weight_decay', 0),
      iterSize: solver.number('iter_size', 1),
      ...(clip > 0 && { clipGradients: clip }),
    },
    steps: solver.number('max_iter', 0),
    nets: {
      ...((one ?? solver.text('train_net')) !== undefined && { train: one ?? solver.text('train_net') }),
      test: tests.length > 0 ? tests : one === undefined ? [] : [one],
    },
    test: { batches: solver.numbers('test_iter'), every: solver.number('test_interval', 0) },
    snapshot: { every: solver.number('snapshot', 0), prefix: solver.text('snapshot_prefix', '') },
    log: { every: solver.number('display', 0), average: solver.number('average_loss', 1) },
    ...(seed >= 0 && { seed }),
  }
}

type Refuse = (what: string, rule: string, next: string) => PixelwiseError

function schedule(solver: Message, refuse: Refuse): number | Schedule {
  const base = solver.number('base_lr')
  if (base === undefined) throw refuse('no base_lr', 'training needs a learning rate', 'add base_lr')
  const policy = solver.text('lr_policy', 'fixed')
  const need = (field: string) => {
    const value = solver.number(field)
    if (value === undefined)
      throw refuse(`lr_policy "${policy}" without ${field}`, 'the policy needs it', `add ${field}`)
    return value
  }
  switch (policy) {
    case 'fixed':
      return base
    case 'step':
      return { policy, base, gamma: need('gamma'), stepSize: need('stepsize') }
    case 'exp':
      return { policy, base, gamma: need('gamma') }
    case 'inv':
      return { policy, base, gamma: need('gamma'), power: need('power') }
    case 'multistep':
      return { policy, base, gamma: need('gamma'), stepValues: solver.numbers('stepvalue') }
    case 'poly':
      return { policy, base, power: need('power'), maxSteps: need('max_iter') }
    case 'sigmoid':
      return { policy, base, gamma: need('gamma'), stepSize: need('stepsize') }
    default:
      throw refuse(
        `lr_policy "${shortName(policy)}"`,
        'known: exp, fixed, inv, multistep, poly, sigmoid, step',
        'correct lr_policy',
      )
  }
}

/** `lr_mult` and `decay_mult` of an imported net, for the `multipliers` of `sgd`: by weight name, `conv1/bias`. */
export function weightMultipliers(report: ImportReport): (weightName: string) => WeightMultipliers {
  const byLayer = new Map(report.layers.map((layer) => [layer.modelName ?? layer.name, layer.parameters]))
  return (weightName) => {
    const slash = weightName.lastIndexOf('/')
    const parameters = byLayer.get(weightName.slice(0, slash)) ?? []
    const index = /^(bias|centre)$/.test(weightName.slice(slash + 1)) && parameters.length > 1 ? 1 : 0
    const parameter = parameters[index]
    return parameter === undefined ? {} : { learningRate: parameter.learningRate, decay: parameter.decay }
  }
}
