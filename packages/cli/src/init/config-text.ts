import { datasetLayouts } from '@pixelwise/datasets/node'
import type { DatasetSplit, Recipe } from '@pixelwise/fcn'

/** The net that a configuration is written for. */
export type InitNet =
  | { readonly recipe: Recipe }
  | { readonly backbone: string; readonly stride: number; readonly pad?: number }

export interface InitOptions {
  readonly net: InitNet
  readonly kind: string
  readonly root: string
  /** Folder of the data set that a recipe is scored on, where that is another one. */
  readonly validationRoot?: string
  /** The file it goes to, for the command in its first lines. */
  readonly file: string
  /** Modules that the net needs, as the file is to name them. */
  readonly plugins?: readonly string[]
}

/**
 * A commented configuration for `pixelwise train`, every setting in it: what differs from one net to the next is set, the
 * rest stands behind `#` with the value that is taken without it.
 */
export function configText({ net, kind, root, validationRoot, file, plugins = [] }: InitOptions): string {
  const recipe = 'recipe' in net ? net.recipe : undefined
  return [
    `# ${recipe === undefined ? 'Trains a net of your own' : `${recipe.name}: ${recipe.summary}`}.`,
    `#   pixelwise train ${file}              Ctrl-C saves; --resume goes on`,
    '# What stands behind # is what holds without it.',
    '',
    ...('recipe' in net ? recipeNet(net.recipe) : ownNet(net.backbone, net.stride, net.pad)),
    '',
    plugins.length === 0
      ? beside('# plugins: [./own.mjs]', 'modules with layers or backbones of your own; paths from this file')
      : `plugins: [${plugins.map(quoted).join(', ')}]`,
    '',
    'data:',
    ...(recipe === undefined || validationRoot === undefined
      ? oneDataSet(kind, root)
      : twoDataSets(recipe.data, root, validationRoot)),
    '',
    ...origins(recipe),
    '',
    '# freeze: [conv1_*, conv2_*]    # layers that do not learn; * stands for anything',
    '',
    ...solver(recipe, startsAnew(net)),
    '',
    ...amounts(recipe, startsAnew(net)),
    '',
    ...augmentation(recipe),
    '',
    '# loss:',
    beside(
      `#   normalization: ${recipe?.loss.normalization ?? 'valid'}`,
      'valid: mean over labelled pixels; none: sum; batch; full',
    ),
    '#   classWeights: [1, 2, 5]     # a factor per class, for rare ones',
    '',
    '# seed: 1                       # equal seeds give equal runs',
    '# engine: auto                  # compiled (needs onnxruntime-node), tensorflow, webgpu, wasm, cpu',
    '# out: runs/NAME                # default: called as this file is',
    '',
    '# checkpoints:',
    '#   every: 500                  # steps; default: a twentieth of the run',
    '#   keep: 2                     # besides the best one',
    '',
    '# evaluation:',
    '#   every: 1000                 # steps; default: a tenth of the run',
    '#   before: true                # scores the net before the first step too',
    '#   images: 100                 # of the held-out split; default: all',
    '#   patience: 5                 # stop after so many evaluations without a better mean IU; default: never',
    '#   samples: 4                  # pictures kept at each evaluation',
    '',
  ].join('\n')
}

function recipeNet({ name }: Recipe): string[] {
  return [
    'net:',
    beside(`  recipe: ${name}`, '"pixelwise recipes" lists them'),
    '  # width: 1                    # multiplies the channels; small nets for trials',
  ]
}

function ownNet(backbone: string, stride: number, pad: number | undefined): string[] {
  return [
    'net:',
    `  backbone: ${backbone}`,
    beside(`  stride: ${stride}`, 'where the last skip joins: 32 none, 16 one, 8 two'),
    ...(pad === undefined
      ? ['  # pad: 100                    # zeros around the image']
      : [beside(`  pad: ${pad}`, 'zeros around the image')]),
    '  # upsampling: fixed           # learned, resize',
    '  # fusion: sum                 # max, concatenation',
    '  # outputStride: 8             # the coarsest stride; dilation takes the place of coarser ones',
    '  # dropout: 0.5                # default: the backbone’s',
    '  # width: 1                    # multiplies the channels; small nets for trials',
  ]
}

/** A data set whose usual splits are taken, unless others are named. */
function oneDataSet(kind: string, root: string): string[] {
  const { splits } = datasetLayouts().get(kind)
  return [
    beside(`  kind: ${kind}`, datasetLayouts().names().join(', ')),
    `  root: ${quoted(root)}`,
    beside(`  # train: ${splits.train}`, 'the split to learn from'),
    beside(
      `  # validation: ${splits.heldOut}`,
      'the split to score on; each may also be {kind, root, split, without}, or folder, below data.root, for root',
    ),
  ]
}

/** A recipe's own two: what it learns from, and what it is scored on, less what it learns from. */
function twoDataSets({ train, validation }: Recipe['data'], root: string, validationRoot: string): string[] {
  const text = ({ layout, split, without }: DatasetSplit): string => {
    const folder = quoted(layout === train.layout ? root : validationRoot)
    const rest = without === undefined ? '' : `, without: ${text(without)}`
    return `{ kind: ${layout}, root: ${folder}, split: ${split}${rest} }`
  }
  return [`  train: ${text(train)}`, `  validation: ${text(validation)}`]
}

/** Where the first weights come from: the recipe's origins, as model folders of these names. */
function origins(recipe: Recipe | undefined): string[] {
  const wanted = recipe?.initialisation ?? []
  const lines = wanted.flatMap(({ from, suffix, names, widen }) => [
    beside(`#   - from: ${from}`, 'the model folder, or a .caffemodel'),
    ...(suffix === undefined ? [] : [`#     suffix: ${suffix}`]),
    ...(names === undefined ? [] : [`#     names: ${JSON.stringify(names)}`]),
    ...(widen === undefined ? [] : [`#     widen: ${JSON.stringify(widen)}`]),
  ])
  return [
    '# First weights: model folders, or Caffe’s files (.caffemodel), in this order. Layers that none of them has start at',
    '# random, scorers at zero; names say how a layer is called there.',
    '# initialise:',
    ...(lines.length > 0
      ? lines
      : ['#   - models/squeezenet        # or { from, suffix, names: { "*/squeeze1x1": "*/conv1x1_1" } }']),
  ]
}

/** Whether the net learns from random weights, as the demo's does: with larger steps, of more images each. */
function startsAnew(net: InitNet): boolean {
  return 'backbone' in net && net.backbone === 'vgg-small'
}

function solver(recipe: Recipe | undefined, anew: boolean): string[] {
  if (recipe === undefined) {
    return [
      'solver:',
      `  learningRate: { policy: poly, base: ${anew ? 0.03 : 0.01}, power: 0.9 }   # or a number; fixed, step, exp, inv, multistep, sigmoid`,
      '  # momentum: 0.9',
      '  # weightDecay: 0.0005',
      '  # iterSize: 1                 # batches per update',
      '  # clipGradients: 10           # default: not clipped',
      '  # multipliers: [{ weights: "*/bias", learningRate: 2, decay: 0 }]',
      '  # preset: heavy               # or batch-20: the published settings, for nets with ImageNet weights',
      '  # rule: sgd                   # adam, with beta1, beta2, epsilon',
    ]
  }
  const { learningRate, momentum, weightDecay, iterSize = 1, multipliers } = recipe.solver
  const rate =
    typeof learningRate === 'number'
      ? learningRate
      : `{ policy: poly, base: ${learningRate.base}, power: ${learningRate.power} }`
  return [
    '# solver:                       # as published:',
    `#   learningRate: ${rate}`,
    `#   momentum: ${momentum}`,
    `#   weightDecay: ${weightDecay}`,
    `#   iterSize: ${iterSize}`,
    `#   multipliers: ${JSON.stringify(multipliers)}`,
  ]
}

function amounts(recipe: Recipe | undefined, anew: boolean): string[] {
  if (recipe === undefined) {
    return [
      'steps: 4000',
      `${anew ? 'batchSize: 2  ' : '# batchSize: 1'}                  # images of any sizes`,
      '# sampler: shuffled             # stochastic, sequential, class-balanced',
    ]
  }
  const { length } = recipe.solver
  return [
    'steps' in length
      ? `# steps: ${length.steps}`
      : `# steps: …                      # default: ${length.epochs} epochs`,
    `# batchSize: ${recipe.data.batchSize}`,
    beside(`# sampler: ${recipe.data.sampler}`, 'shuffled, stochastic, sequential, class-balanced'),
  ]
}

function augmentation(recipe: Recipe | undefined): string[] {
  const published = recipe?.data.augmentation ?? []
  const all = ['mirror', 'jitter: 32', 'scale: [0.5, 2]', 'crop: 320', 'channel-shift: 20']
  const used = published.map((one) => {
    if (one.kind === 'mirror') return 'mirror'
    if (one.kind === 'jitter') return `jitter: ${one.pixels}`
    if (one.kind === 'scale') return `scale: [${one.range.join(', ')}]`
    return one.kind === 'crop' ? `crop: ${one.size}` : `channel-shift: ${one.amount}`
  })
  if (recipe === undefined) return ['augmentation:', '  - mirror', ...all.slice(1).map((one) => `  # - ${one}`)]
  return [
    `# augmentation:${used.length === 0 ? '                 # none, as published; known are:' : ''}`,
    ...(used.length === 0 ? all : used).map((one) => `#   - ${one}`),
  ]
}

/** A path as YAML takes it, with backslashes and spaces. */
function quoted(path: string): string {
  return /^[\w./-]+$/.test(path) ? path : JSON.stringify(path)
}

/** A line with a comment to its right. */
function beside(text: string, comment: string): string {
  return `${text.padEnd(31)} # ${comment}`
}
