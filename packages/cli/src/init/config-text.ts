import { datasetLayouts } from '@pixelwise/datasets/node'
import type { DatasetSplit, Recipe } from '@pixelwise/fcn'
import { learningText } from './learning-text.js'
import { behind, beside, quoted } from './lines.js'

/** The net that a configuration is written for. */
export type InitNet =
  | { readonly recipe: Recipe /** In place of the recipe's. */; readonly backbone?: string }
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
 * rest stands behind `#`, and its comment says what is taken without it.
 */
export function configText({ net, kind, root, validationRoot, file, plugins = [] }: InitOptions): string {
  const recipe = 'recipe' in net ? net.recipe : undefined
  const anew = net.backbone === 'vgg-small' // which there are no published weights for
  return [
    `# ${recipe === undefined ? 'Trains a net of your own' : `${recipe.name}: ${recipe.summary}`}.`,
    `#   pixelwise train ${file}              Ctrl-C saves; --resume goes on`,
    '# What stands behind # is an example or the default, as its comment says.',
    '',
    ...('recipe' in net ? recipeNet(net.recipe, net.backbone) : ownNet(net.backbone, net.stride, net.pad)),
    '',
    plugins.length === 0
      ? beside('# plugins: [./own.mjs]', 'layers or backbones of your own; paths from this file; default: none')
      : `plugins: [${plugins.map(quoted).join(', ')}]`,
    '',
    'data:',
    ...(recipe === undefined || validationRoot === undefined
      ? oneDataSet(kind, root)
      : twoDataSets(recipe.data, root, validationRoot)),
    '',
    ...origins(net.backbone === undefined ? recipe : undefined),
    '',
    beside('# freeze: [conv1_*, conv2_*]', 'layers that do not learn; * stands for anything; default: none'),
    '',
    ...learningText({ recipe, anew }),
    '',
    beside('# seed: 1', 'default; equal seeds give equal runs'),
    beside('# engine: auto', 'default: the first of compiled (needs onnxruntime-node), tensorflow, webgpu, wasm, cpu'),
    beside('# out: runs/NAME', 'default; called as this file is'),
    '',
    '# checkpoints:',
    behind(false, 'every: 500', 'steps; default: a twentieth of the run'),
    behind(false, 'keep: 2', 'default; besides the best one'),
    '',
    '# evaluation:',
    behind(false, 'every: 1000', 'steps; default: a tenth of the run'),
    behind(false, 'before: true', 'scores the net before the first step too; default: false'),
    behind(false, 'images: 100', 'of the held-out split; default: all'),
    behind(false, 'patience: 5', 'stop after so many evaluations without a better mean IU; default: never'),
    behind(false, 'samples: 4', 'default; pictures kept at each evaluation'),
    '',
  ].join('\n')
}

/** A recipe whose net is described as a whole has no backbone to be changed. */
function recipeNet({ name, net }: Recipe, backbone: string | undefined): string[] {
  const inPlace = 'in place of the recipe’s; first weights are then not the recipe’s'
  return [
    'net:',
    beside(`  recipe: ${name}`, '"pixelwise recipes" lists them'),
    ...('backbone' in net
      ? [
          backbone === undefined
            ? behind(true, 'backbone: vgg-small', inPlace)
            : beside(`  backbone: ${backbone}`, inPlace),
          ...backboneSettings('the recipe’s; on another backbone, that one’s'),
        ]
      : []),
    widthLine,
  ]
}

function ownNet(backbone: string, stride: number, pad: number | undefined): string[] {
  const settings = backboneSettings('the backbone’s')
  return [
    'net:',
    `  backbone: ${backbone}`,
    beside(`  stride: ${stride}`, 'where the last skip joins: 32 none, 16 one, 8 two'),
    behind(true, 'upsampling: fixed', 'default; or learned, resize'),
    behind(true, 'fusion: sum', 'default; or max, concatenation'),
    behind(true, 'skipScales: [0.01, 0.0001]', 'factors for what each skip scores, coarse to fine; default: none'),
    ...(pad === undefined ? settings : [beside(`  pad: ${pad}`, padding), ...settings.slice(1)]),
    widthLine,
  ]
}

const padding = 'zeros around the image, in pixels, for scores that would end before it'

function backboneSettings(standard: string): string[] {
  return [
    behind(true, 'pad: 100', `${padding}; default: ${standard}`),
    behind(true, 'outputStride: 8', 'the coarsest stride; dilation takes the place of coarser ones; default: likewise'),
    behind(true, 'dropout: 0.5', 'default: likewise'),
  ]
}

const widthLine = behind(true, 'width: 1', 'default; multiplies the channels, less for trials')

/** A data set whose usual splits are taken, unless others are named. */
function oneDataSet(kind: string, root: string): string[] {
  const { splits } = datasetLayouts().get(kind)
  return [
    beside(`  kind: ${kind}`, datasetLayouts().names().join(', ')),
    `  root: ${quoted(root)}`,
    behind(true, `train: ${splits.train}`, 'default; the split to learn from'),
    behind(true, `validation: ${splits.heldOut}`, 'default; the split to score on'),
    '  # Each may also be { kind, root, split, without }, with folder, below data.root, in place of root.',
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
    '# First weights, in this order: model folders, or Caffe’s files (.caffemodel); default: none. Layers that none of them',
    '# has start at random, scorers at zero. Beside from, an entry may have suffix: color (what names here have beyond those',
    '# there), names: { "*/squeeze1x1": "*/conv1x1_1" } (here to there), widen: [conv1_1] (layers with more channels here).',
    '# initialise:',
    ...(lines.length > 0 ? lines : [beside('#   - models/squeezenet', 'or { from: models/squeezenet, … }')]),
  ]
}
