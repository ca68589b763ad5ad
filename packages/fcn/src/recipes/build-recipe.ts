import { type Backbone, PixelwiseError, type Registry } from '@pixelwise/core'
import { type SgdOptions, type Solver, sgd, type WeightMultipliers } from '@pixelwise/training'
import type { Scalar, Tensor } from '@tensorflow/tfjs-core'
import type { LayersModel } from '@tensorflow/tfjs-layers'
import { atrousDenseNet } from '../atrous-dense-net.js'
import { denseNetFcn } from '../dense-net-fcn.js'
import { fcn } from '../fcn.js'
import { lateFusion } from '../late-fusion.js'
import { pixelLoss } from '../pixel-loss.js'
import { renameLayers } from '../rename-layers.js'
import type {
  AtrousDenseNetNet,
  BackboneSettings,
  DenseNetFcnNet,
  Recipe,
  RecipeNet,
  RecipeSolver,
  WeightRule,
} from './recipe.js'
import { recipeRegistry } from './recipes.js'

/** Builds a backbone: what `@pixelwise/backbones` registers, or any function that gives a `Backbone`. */
export type BackboneFactory = (options?: BackboneSettings & TrialOptions) => Backbone

/** Makes a recipe's net smaller than published, or its weights other than zero, for trials. */
export interface TrialOptions {
  /** Multiplies the channels of the backbone. */
  readonly width?: number
  /** Draws first weights where there are none to load. */
  readonly seed?: number
}

export interface BuildRecipeOptions extends TrialOptions {
  /** Where recipes find their backbones by name: `backboneRegistry()` of `@pixelwise/backbones`, or your own. */
  readonly backbones: Pick<Registry<BackboneFactory>, 'get'>
  /** Recipes by name. Default: those of this package. */
  readonly recipes?: Pick<Registry<Recipe>, 'get'>
}

/** The net of a recipe, and its loss. */
export interface BuiltRecipe {
  readonly recipe: Recipe
  /** Not initialised yet but as built: scorers zero, the trunk zero or drawn from `seed`. The caller disposes it. */
  readonly model: LayersModel
  /** What `train` takes as `loss`. */
  readonly loss: (outputs: readonly Tensor[], targets: readonly Tensor[]) => Scalar
}

/**
 * Builds the net and the loss of a recipe, given as data or by name.
 *
 * Throws `registry/unknown` for a recipe or backbone that is not known, `recipe/no-recipe` for what is none, and the errors of `fcn`, `lateFusion` and
 * `pixelLoss`.
 *
 * @example
 * const { model, loss, recipe } = buildRecipe('voc-fcn8s', { backbones: backboneRegistry() })
 */
export function buildRecipe(nameOrRecipe: string | Recipe, options: BuildRecipeOptions): BuiltRecipe {
  const recipe = findRecipe(nameOrRecipe, options)
  return { recipe, model: buildNet(recipe.net, recipe.name, options), loss: recipeLoss(recipe) }
}

function findRecipe(nameOrRecipe: string | Recipe, { recipes }: BuildRecipeOptions): Recipe {
  if (typeof nameOrRecipe === 'string') return (recipes ?? recipeRegistry()).get(nameOrRecipe)
  const kinds: readonly string[] = ['fcn', 'late-fusion', 'densenet-fcn', 'atrous-densenet']
  // Recipes come from files, which no compiler reads.
  const kind = (nameOrRecipe as Partial<Recipe> | null | undefined)?.net?.kind
  if (kind !== undefined && kinds.includes(kind)) return nameOrRecipe
  throw new PixelwiseError('recipe/no-recipe', {
    what: `a recipe whose net.kind is ${JSON.stringify(kind)}`,
    rule: `a recipe is an object, and its net of the kind ${kinds.join(', ')}`,
    next: 'pass the name of a recipe, or a copy of one with other values: { ...recipeRegistry().get("voc-fcn8s"), name: "mine" }',
  })
}

function buildNet(net: RecipeNet, name: string, options: BuildRecipeOptions): LayersModel {
  if (net.kind === 'densenet-fcn' || net.kind === 'atrous-densenet') return buildDenseNet(net, name, options)
  const { width, seed } = options
  const build = () => {
    const factory = options.backbones.get(net.backbone)
    const backbone = factory({
      ...net.options,
      ...(width !== undefined && { width }),
      ...(seed !== undefined && { seed }),
    })
    return net.rename === undefined ? backbone : renamed(backbone, net.rename)
  }
  const head = { ...net.head, classes: net.classes, name, ...(seed !== undefined && { seed }) }
  if (net.kind === 'fcn') return fcn(build(), head)
  const trunk = build()
  const model = lateFusion(Object.fromEntries(net.trunks.map((stream) => [stream, trunk])), head)
  trunk.model.dispose()
  return model
}

function buildDenseNet(
  net: DenseNetFcnNet | AtrousDenseNetNet,
  name: string,
  { width = 1, seed }: TrialOptions,
): LayersModel {
  const slim = (count: number) => Math.max(1, Math.round(count * width))
  const size = { growth: slim(net.growth), channels: slim(net.channels), seed, name }
  return net.kind === 'densenet-fcn' ? denseNetFcn({ ...net, ...size }) : atrousDenseNet({ ...net, ...size })
}

function renamed(backbone: Backbone, names: Readonly<Record<string, string>>): Backbone {
  const copy = renameLayers(backbone, (name) => names[name] ?? name)
  backbone.model.dispose()
  return copy
}

/** The loss of a recipe, for `train`. */
export function recipeLoss({ loss, data }: Recipe): BuiltRecipe['loss'] {
  const { headWeights, ...settings } = loss
  if (headWeights === undefined) return pixelLoss(settings)
  return pixelLoss({ ...settings, heads: data.targets.map(({ head }) => ({ weight: headWeights[head] ?? 1 })) })
}

/**
 * The solver of a recipe and its steps.
 *
 * @param examples how many the training split has; needed by recipes that count epochs
 * Throws `recipe/no-examples` where they are needed and not given.
 */
export function recipeSolver(recipe: Recipe, examples?: number): { readonly solver: Solver; readonly steps: number } {
  const settings = recipe.solver
  const steps = stepsOf(recipe, examples)
  return { solver: sgd(sgdOptions(settings, steps)), steps }
}

function sgdOptions({ learningRate, momentum, weightDecay, iterSize, multipliers }: RecipeSolver, steps: number) {
  const options: SgdOptions = {
    learningRate: typeof learningRate === 'number' ? learningRate : { ...learningRate, maxSteps: steps },
    momentum,
    weightDecay,
    ...(iterSize !== undefined && { iterSize }),
    multipliers: multipliersOf(multipliers),
  }
  return options
}

/** Factors of weights by the first rule that fits their name; 1 for all others. */
export function multipliersOf(rules: readonly WeightRule[]): (weightName: string) => WeightMultipliers {
  const patterns = rules.map(({ weights, ...factors }) => ({ pattern: patternOf(weights), factors }))
  return (name) => patterns.find(({ pattern }) => pattern.test(name))?.factors ?? {}
}

function patternOf(weights: string): RegExp {
  const literal = weights.split('*').map((part) => part.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&'))
  return new RegExp(`^${literal.join('.*')}$`)
}

function stepsOf({ name, solver, data }: Recipe, examples: number | undefined): number {
  if ('steps' in solver.length) return solver.length.steps
  if (examples !== undefined && examples >= 1) {
    return Math.ceil((solver.length.epochs * examples) / (data.batchSize * (solver.iterSize ?? 1)))
  }
  throw new PixelwiseError('recipe/no-examples', {
    what: `${name} trains for ${solver.length.epochs} epochs of ${examples ?? 'an unknown number of'} examples`,
    rule: 'its steps follow from the number of examples',
    next: 'pass the length of the training split',
  })
}
