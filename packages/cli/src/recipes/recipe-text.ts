import type { DatasetSplit, Recipe } from '@pixelwise/fcn'
import { counted } from '../output/numbers.js'

/** What a person must do to run a recipe, command by command. */
export function recipeCommands({ name, data, initialisation }: Recipe): string[] {
  const { train, validation } = data
  const [root, heldOut] = rootsOf(data)
  const weights = initialisation.map(({ from }) => from)
  return [
    ...weights.map((from) => `# weights of ${from}: a .caffemodel, or the model folder of a run of its own`),
    `pixelwise datasets check ${train.layout} ${root} --split ${train.split}`,
    ...(heldOut === undefined
      ? []
      : [`pixelwise datasets check ${validation.layout} ${heldOut} --split ${validation.split}`]),
    `pixelwise init ${name}.yaml --recipe ${name} --kind ${train.layout} --root ${root}${heldOut === undefined ? '' : ` --validation-root ${heldOut}`}`,
    ...(weights.length > 0 ? [`# then name ${weights.join(' and ')} under "initialise" in ${name}.yaml`] : []),
    `pixelwise train ${name}.yaml`,
    `pixelwise predict --model runs/${name}/model --out results ${pictures(data)}`,
  ]
}

/** The folders that a person fills in: one, or a second for a data set of another layout that the net is scored on. */
function rootsOf({ train, validation }: Recipe['data']): readonly [root: string, heldOut?: string] {
  if (train.layout === validation.layout) return ['ROOT']
  return [train.layout.toUpperCase(), validation.layout.toUpperCase()]
}

/** What is labelled: photographs, with depth or HHA beside them where the net sees both, or HHA alone. */
function pictures({ inputs: [first, second] }: Recipe['data']): string {
  if (first.from === 'rgbd') return '--depth DEPTH PHOTOS'
  if (second !== undefined) return '--hha HHA PHOTOS'
  return first.from === 'hha' ? 'HHA' : 'PHOTOS'
}

/** A recipe in words: net, data, solver, first weights, published scores, and how to run it. */
export function recipeText(recipe: Recipe): string {
  const { name, summary, net, solver, data, loss, initialisation, published } = recipe
  const { learningRate, momentum, weightDecay, iterSize = 1, length } = solver
  const rate = typeof learningRate === 'number' ? learningRate : `${learningRate.base}, falling to 0`
  const split = ({ layout, split: part, without }: DatasetSplit): string =>
    `${layout} ${part}${without === undefined ? '' : ` less ${split(without)}`}`
  const lines: (readonly [string, string])[] = [
    ['net', describeNet(net)],
    ['data', `learns from ${split(data.train)}, scored on ${split(data.validation)}`],
    ['solver', `learning rate ${rate}, momentum ${momentum}, weight decay ${weightDecay}`],
    ['batch', `${describeBatch(data.batchSize, iterSize)}, ${data.sampler} order`],
    ['loss', lossNames[loss.normalization]],
    ['length', 'steps' in length ? `${length.steps} steps` : `${length.epochs} epochs`],
    ['first weights', initialisation.map(({ from }) => from).join(', ') || 'random'],
    ['source', published.source],
    ...(published.scores ?? []).map(({ on, ...scores }) => [`published on ${on}`, describeScores(scores)] as const),
  ]
  const widest = Math.max(...lines.map(([heading]) => heading.length))
  return [
    `${name}: ${summary}`,
    '',
    ...lines.map(([heading, text]) => `${heading.padEnd(widest)}  ${text}`),
    '',
    'To run it:',
    ...recipeCommands(recipe).map((command) => `  ${command}`),
  ].join('\n')
}

function describeNet(net: Recipe['net']): string {
  if (net.kind === 'densenet-fcn' || net.kind === 'atrous-densenet') {
    return `dense blocks of ${net.layers.join(', ')} layers, growth ${net.growth}`
  }
  const trunks = net.kind === 'fcn' ? net.backbone : `${net.trunks.length} × ${net.backbone} (${net.trunks.join(', ')})`
  return `${trunks}, head of stride ${net.head.stride}`
}

function describeBatch(batchSize: number, iterSize: number): string {
  const images = `${counted(batchSize * iterSize, 'image')} per update`
  return iterSize === 1 ? images : `${images}, ${batchSize} at a time`
}

const lossNames = {
  valid: 'mean over labelled pixels',
  batch: 'sum over pixels, divided by the images',
  full: 'mean over all pixels',
  none: 'sum over pixels',
}

const scoreNames = {
  pixelAccuracy: 'pixel accuracy',
  meanAccuracy: 'mean accuracy',
  meanIu: 'mean IU',
  frequencyWeightedIu: 'frequency weighted IU',
  geometricAccuracy: 'geometric accuracy',
}

function describeScores(scores: Omit<NonNullable<Recipe['published']['scores']>[number], 'on'>): string {
  return Object.entries(scoreNames)
    .flatMap(([key, name]) => {
      const value = scores[key as keyof typeof scoreNames] // the keys of that object
      return value === undefined ? [] : `${name} ${value} %`
    })
    .join(', ')
}
