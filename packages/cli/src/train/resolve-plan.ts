import type { BackboneBuilder } from '@pixelwise/backbones'
import type { Registry } from '@pixelwise/core'
import { datasetLayouts } from '@pixelwise/datasets/node'
import { type DatasetSplit, type Recipe, type RecipeSolver, recipeRegistry } from '@pixelwise/fcn'
import { PixelwiseError } from '@pixelwise/masks/shared'
import { type Schedule, type TrainingPreset, trainingPresets } from '@pixelwise/training'
import { set } from '../config/set.js'
import { recipeOnBackbone } from './recipe-on-backbone.js'
import type { SamplerName, SolverConfig, SplitConfig, TrainConfig } from './train-config.js'

/** A training run with nothing left open but what only the data set knows: its classes and its length. */
export interface TrainPlan {
  readonly recipe: Recipe
  readonly solver: SolverConfig & { readonly learningRate: NonNullable<SolverConfig['learningRate']> }
  readonly steps?: number
  readonly sampler: SamplerName
  readonly train: SplitConfig
  readonly validation: SplitConfig | undefined
  readonly width?: number
  readonly config: TrainConfig
}

/**
 * Fills in what a configuration leaves out: from its recipe, or from the defaults of a net of one's own; then from its
 * preset; what it says itself wins.
 *
 * Throws `train/no-root` where a recipe's data sets have no folder.
 */
export function resolvePlan(config: TrainConfig, backbones: Registry<BackboneBuilder>): TrainPlan {
  const base =
    'recipe' in config.net
      ? recipeOnBackbone(recipeRegistry().get(config.net.recipe), config.net, backbones)
      : ownRecipe(config.net, backbones)
  const preset = config.solver.preset === undefined ? undefined : trainingPresets().get(config.solver.preset)
  const solver = resolveSolver(base.solver, preset, config.solver)
  const recipe: Recipe = {
    ...base,
    loss: { ...base.loss, ...set('normalization', preset?.normalization), ...config.loss },
    data: {
      ...base.data,
      ...set('batchSize', config.batchSize ?? preset?.batchSize),
      ...set('augmentation', config.augmentation),
    },
  }
  const { length } = base.solver
  const ownSteps = 'recipe' in config.net && 'steps' in length ? length.steps : undefined
  const train = config.data.train ?? fromRecipe(base, base.data.train, config.data.root)
  const validation =
    config.data.validation ??
    (config.data.train === undefined ? fromRecipe(base, base.data.validation, config.data.root) : undefined)
  return {
    recipe,
    solver,
    ...set('steps', config.steps ?? ownSteps),
    sampler: config.sampler ?? base.data.sampler,
    train,
    validation,
    ...set('width', config.net.width),
    config,
  }
}

/** A net that no recipe describes, with settings that learn: loss per pixel, momentum, weights decay, biases do not. */
function ownRecipe(net: Exclude<TrainConfig['net'], { recipe: string }>, backbones: Registry<BackboneBuilder>): Recipe {
  const { preprocessing, model } = backbones.get(net.backbone)({ width: 1 / 16 })
  model.dispose()
  const layout = { layout: '', split: '' }
  return {
    name: `fcn${net.head.stride}s-${net.backbone}`,
    summary: 'a net of one’s own',
    net: { kind: 'fcn', backbone: net.backbone, options: net.options, classes: 2, head: net.head },
    loss: { ignoreLabel: 255, normalization: 'valid' },
    solver: {
      learningRate: 0,
      momentum: 0.9,
      weightDecay: 5e-4,
      multipliers: [{ weights: '*/bias', learningRate: 2, decay: 0 }],
      length: { steps: 1 },
    },
    data: {
      train: layout,
      validation: layout,
      inputs: [{ from: 'image', preprocessing }],
      targets: [{ head: '', from: 'labels' }],
      sampler: 'shuffled',
      batchSize: 1,
      augmentation: [],
    },
    initialisation: [],
    published: { source: 'none' },
  }
}

function resolveSolver(base: RecipeSolver, preset: TrainingPreset | undefined, own: SolverConfig): TrainPlan['solver'] {
  const { learningRate, momentum, weightDecay, iterSize, multipliers } = base
  const published = typeof learningRate === 'number' ? learningRate : { ...learningRate, maxSteps: 0 }
  const { learningRate: rate, momentum: kept, weightDecay: decay, iterSize: batches } = preset?.sgd ?? {}
  const given = Object.fromEntries(Object.entries(own).filter(([key]) => key !== 'preset'))
  return {
    learningRate: published,
    ...(own.rule === 'sgd' && { momentum }),
    weightDecay,
    ...set('iterSize', iterSize),
    multipliers,
    ...(preset !== undefined && { ...set('learningRate', rate), ...set('momentum', kept) }),
    ...(preset !== undefined && { ...set('weightDecay', decay), iterSize: batches ?? 1 }),
    ...given,
    rule: own.rule,
  }
}

/** A schedule whose end, where it was left open, is the last step. */
export function rateUntil(learningRate: number | Schedule, steps: number): number | Schedule {
  if (typeof learningRate === 'number' || learningRate.policy !== 'poly' || learningRate.maxSteps > 0)
    return learningRate
  return { ...learningRate, maxSteps: steps }
}

function fromRecipe(recipe: Recipe, { layout, split, without }: DatasetSplit, root: string | undefined): SplitConfig {
  if (root === undefined || !datasetLayouts().has(layout)) {
    throw new PixelwiseError('train/no-root', {
      what: `recipe ${recipe.name} trains on a data set of layout "${layout}"`,
      rule: 'its folder must be known',
      next: 'set data.root, or data.kind and data.root for a data set of your own',
    })
  }
  return {
    kind: layout,
    root,
    split,
    ...(without !== undefined && { without: { kind: without.layout, root, split: without.split } }),
  }
}
