import { type TransplantOptions, transplantWeights } from '@pixelwise/caffe-import'
import { type BuiltRecipe, buildRecipe, initialise, multipliersOf, type Recipe } from '@pixelwise/fcn'
import { PixelwiseError } from '@pixelwise/masks/shared'
import { adam, type Solver, sgd } from '@pixelwise/training'
import type { LayersModel } from '@tensorflow/tfjs-layers'
import { counted } from '../output/numbers.js'
import { note } from '../output/streams.js'
import type { Known } from '../plugins/load-plugins.js'
import { openModel } from '../plugins/open-model.js'
import { rateUntil, type TrainPlan } from './resolve-plan.js'
import type { WeightOriginConfig } from './train-config.js'

/** Builds the net of a plan with its first weights: drawn from the seed, then those of model folders and Caffe’s files. */
export async function buildNet(plan: TrainPlan, recipe: Recipe, known: Known): Promise<BuiltRecipe> {
  const { config, width } = plan
  const built = buildRecipe(recipe, {
    backbones: known.backbones,
    seed: config.seed,
    ...(width !== undefined && { width }),
  })
  const taken = new Set<string>()
  for (const origin of config.initialise) {
    for (const layer of await takeWeights(built.model, origin, known)) taken.add(layer)
  }
  if (config.initialise.length > 0) tellFresh(built.model, taken)
  const wanted = recipe.initialisation.map(({ from }) => from)
  if (config.initialise.length === 0 && wanted.length > 0) {
    note(
      `warning: ${recipe.name} starts from weights of ${wanted.join(', ')}; without "initialise" its weights are random`,
    )
  }
  return built
}

/** Weights of a model folder, or straight from a file of Caffe's. */
async function takeWeights(model: LayersModel, origin: WeightOriginConfig, known: Known): Promise<string[]> {
  const { from, names, ...rest } = origin
  const renamed = { ...rest, ...(names !== undefined && { names: expandNames(names, model) }) }
  const layers = /\.(caffemodel|h5|hdf5)$/i.test(from)
    ? await takeCaffeWeights(model, from, renamed)
    : await takeFolderWeights(model, from, renamed, known)
  note(`weights of ${counted(layers.length, 'layer')} come from ${from}`)
  return layers
}

async function takeCaffeWeights(model: LayersModel, file: string, options: TransplantOptions): Promise<string[]> {
  const { openWeights } = await import('@pixelwise/caffe-import/node')
  const { weights, close } = await openWeights(file)
  try {
    return transplantWeights(model, weights, options).copied.map(({ layer }) => layer)
  } finally {
    close()
  }
}

async function takeFolderWeights(
  model: LayersModel,
  folder: string,
  origin: TransplantOptions,
  known: Known,
): Promise<string[]> {
  const { model: source } = await openModel(folder, known)
  try {
    return initialise(model, source, origin)
  } finally {
    source.dispose()
  }
}

/** Names with `*` stand for all layers they fit; a `*` in the origin's name is what the first one stood for. */
function expandNames(names: Readonly<Record<string, string>>, model: LayersModel): Record<string, string> {
  const expanded = Object.entries(names).flatMap(([pattern, origin]) => {
    const [start, end] = pattern.split('*')
    if (end === undefined) return [[pattern, origin] as const]
    const fitting = model.layers.filter(({ name }) => name.startsWith(start) && name.endsWith(end))
    return fitting.map(({ name }) => {
      const middle = name.slice(start.length, name.length - end.length)
      return [name, origin.replace('*', middle)] as const
    })
  })
  return Object.fromEntries(expanded)
}

/** Layers that found no weights are told, as a name that differs is easily overlooked. */
function tellFresh(model: LayersModel, taken: ReadonlySet<string>): void {
  const fresh = model.layers.filter((layer) => layer.weights.length > 0 && !taken.has(layer.name))
  if (fresh.length === 0) return
  const named = fresh.slice(0, 8).map(({ name }) => name)
  note(
    `new weights in ${counted(fresh.length, 'layer')}: ${named.join(', ')}${fresh.length > named.length ? ', …' : ''}`,
  )
}

/** The update rule of a plan; what is frozen has a learning rate of 0. Throws `train/nothing-frozen`. */
export function buildSolver(plan: TrainPlan, steps: number, model: LayersModel): Solver {
  const { rule, multipliers = [], learningRate, ...settings } = plan.solver
  const frozen = plan.config.freeze.map((pattern) => ({
    weights: pattern.includes('/') ? pattern : `${pattern}/*`,
    learningRate: 0,
  }))
  for (const { weights } of frozen) requireMatch(weights, model)
  const options = {
    ...settings,
    learningRate: rateUntil(learningRate, steps),
    multipliers: multipliersOf([...frozen, ...multipliers]),
  }
  return rule === 'adam' ? adam(options) : sgd(options)
}

function requireMatch(pattern: string, model: LayersModel): void {
  const fits = multipliersOf([{ weights: pattern, learningRate: 0 }])
  if (model.weights.some(({ originalName }) => fits(originalName).learningRate === 0)) return
  const names = model.layers.filter((layer) => layer.weights.length > 0).map(({ name }) => name)
  throw new PixelwiseError('train/nothing-frozen', {
    what: `freeze: no weight of ${model.name} is called ${pattern}`,
    rule: `its layers are ${names.join(', ')}`,
    next: 'name one of these; * stands for anything',
  })
}
