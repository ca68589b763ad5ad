import { backboneRegistry } from '@pixelwise/backbones'
import { type BackboneSettings, type Fusion, recipeRegistry, type WeightOrigin } from '@pixelwise/fcn'
import { ConfigFile, type Field } from '../config/config-file.js'
import { set } from '../config/set.js'
import { engineNames } from '../engines/engine-names.js'
import { readDataConfig } from './read-data-config.js'
import { readSolverConfig } from './read-solver-config.js'
import type { EvaluationConfig, NetConfig, TrainConfig } from './train-config.js'

const samplers = ['shuffled', 'stochastic', 'sequential', 'class-balanced'] as const
const normalizations = ['valid', 'none', 'batch', 'full'] as const

/** What a configuration is read with. */
export interface ReadTrainConfigOptions {
  /** Takes the place of `data.root`. */
  readonly root?: string
  /** The names that a backbone may have. Default: those without plugins. */
  readonly backbones?: readonly string[]
}

/** Reads a training configuration. Throws `config/invalid` with every problem of it. */
export function readTrainConfig(
  text: string,
  name: string,
  { root: dataRoot, backbones = backboneRegistry().names() }: ReadTrainConfigOptions = {},
): TrainConfig {
  const file = new ConfigFile(text, name)
  const root = file.root.mapping(keys) ?? file.root
  const net = readNet(root.get('net'), backbones)
  const isRecipe = root.get('net').get('recipe').isSet
  const config = {
    data: readDataConfig(root.get('data'), isRecipe, dataRoot),
    initialise: root.get('initialise').list(readOrigin) ?? [],
    freeze: root.get('freeze').list((item) => item.text('the name of a layer')) ?? [],
    loss: readLoss(root.get('loss')),
    solver: readSolverConfig(root.get('solver'), isRecipe),
    steps: readCount(root.get('steps'), { required: !isRecipe }),
    batchSize: readCount(root.get('batchSize')),
    sampler: root.get('sampler').choice(samplers),
    augmentation: root.get('augmentation').list(readAugmentation),
    seed: root.get('seed').number({ least: 0, whole: true }) ?? 1,
    checkpoints: readCheckpoints(root.get('checkpoints')),
    evaluation: readEvaluation(root.get('evaluation')),
    engine: root.get('engine').choice(engineNames) ?? 'auto',
    out: root.get('out').text('a folder'),
    plugins: readPlugins(root),
  }
  file.finish()
  return { ...config, net: net as NetConfig } // `finish` throws where there is none
}

/**
 * What of a configuration must be known before the rest can be understood: the plugins that it names, and its run folder.
 *
 * What is wrong with it is left to `readTrainConfig`.
 */
export function readAhead(text: string, name: string): Pick<TrainConfig, 'plugins' | 'out'> {
  const { root } = new ConfigFile(text, name)
  return { plugins: readPlugins(root), ...set('out', root.get('out').text()) }
}

function readPlugins(root: Field): string[] {
  return root.get('plugins').list((item) => item.text('a file or a package')) ?? []
}

const keys = [
  'net',
  'data',
  'initialise',
  'freeze',
  'loss',
  'solver',
  'steps',
  'batchSize',
  'sampler',
  'augmentation',
  'seed',
  'checkpoints',
  'evaluation',
  'engine',
  'out',
  'plugins',
]

function readCount(field: Field, { required = false } = {}): number | undefined {
  const rule = { least: 1, whole: true }
  return required ? field.required((it) => it.number(rule), 'a whole number, at least 1') : field.number(rule)
}

function readNet(field: Field, backbones: readonly string[]): NetConfig | undefined {
  if (!field.isSet) return field.wrong('a recipe, or a backbone and a stride')
  if (field.get('recipe').isSet) {
    const net = field.mapping(['recipe', 'backbone', ...backboneKeys, 'width'])
    const recipe = net?.get('recipe').choice(recipeRegistry().names())
    if (net === undefined) return undefined
    const backbone = net.get('backbone').choice(backbones)
    const settings = { ...set('backbone', backbone), options: readBackboneSettings(net), ...readWidth(net) }
    return recipe === undefined ? undefined : { recipe, ...settings }
  }
  const net = field.mapping(['backbone', 'stride', 'upsampling', 'fusion', 'skipScales', ...backboneKeys, 'width'])
  if (net === undefined) return undefined
  const backbone = net.get('backbone').required((it) => it.choice(backbones), 'a backbone, or a recipe')
  const stride = readCount(net.get('stride'), { required: true })
  const head = {
    stride: stride ?? 8,
    ...set('upsampling', net.get('upsampling').choice(['fixed', 'learned', 'resize'] as const)),
    ...set('fusion', readFusion(net.get('fusion'))),
    ...set(
      'skipScales',
      net.get('skipScales').list((item) => item.number()),
    ),
  }
  const options = readBackboneSettings(net)
  const width = readWidth(net)
  return backbone === undefined ? undefined : { backbone, options, head, ...width }
}

const backboneKeys = ['pad', 'outputStride', 'dropout']

function readBackboneSettings(net: Field): BackboneSettings {
  return {
    ...set('pad', net.get('pad').number({ least: 0, whole: true })),
    ...set('outputStride', readCount(net.get('outputStride'))),
    ...set('dropout', net.get('dropout').number({ least: 0, below: 1 })),
  }
}

function readWidth(net: Field): { readonly width?: number } {
  return set('width', net.get('width').number({ above: 0 }))
}

function readFusion(field: Field): Fusion | undefined {
  const kind = field.choice(['sum', 'max', 'concatenation'] as const)
  return kind === undefined ? undefined : { kind }
}

function readOrigin(item: Field): WeightOrigin | undefined {
  if (typeof item.value === 'string') return { from: item.value }
  const origin = item.mapping(['from', 'suffix', 'names', 'widen'])
  if (origin === undefined) return undefined
  const from = origin.get('from').required((field) => field.text('a model folder'), 'a model folder')
  const names = {
    ...set('suffix', origin.get('suffix').text()),
    ...set('names', readNames(origin.get('names'))),
    ...set(
      'widen',
      origin.get('widen').list((layer) => layer.text('the name of a layer')),
    ),
  }
  return from === undefined ? undefined : { from, ...names }
}

function readNames(field: Field): Record<string, string> | undefined {
  if (!field.isSet) return undefined
  if (typeof field.value !== 'object' || Array.isArray(field.value)) return field.wrong('a mapping of layer to layer')
  const names = Object.keys(field.value ?? {}).flatMap((layer) => {
    const origin = field.get(layer).text('the name of a layer')
    return origin === undefined ? [] : [[layer, origin] as const]
  })
  return Object.fromEntries(names)
}

function readLoss(field: Field): TrainConfig['loss'] {
  const loss = field.mapping(['normalization', 'classWeights'])
  if (loss === undefined) return {}
  return {
    ...set('normalization', loss.get('normalization').choice(normalizations)),
    ...set(
      'classWeights',
      loss.get('classWeights').list((item) => item.number({ least: 0 })),
    ),
  }
}

/** Four of them, in colours and as numbers of 32 bits, fill what a tensor may hold. */
const largestCrop = 8192

type Augmentation = NonNullable<TrainConfig['augmentation']>[number]

/** `mirror`, or a mapping of one kind to its setting: `jitter: 32`, `scale: [0.5, 2]`, `crop: 320`, `channel-shift: 20`. */
function readAugmentation(item: Field): Augmentation | undefined {
  if (item.value === 'mirror') return { kind: 'mirror' }
  const expected = 'mirror, jitter: PIXELS, scale: [SMALLEST, LARGEST], crop: SIZE, or channel-shift: AMOUNT'
  if (typeof item.value !== 'object' || item.value === null || Object.keys(item.value).length !== 1) {
    return item.wrong(expected)
  }
  const [kind] = Object.keys(item.value)
  const setting = item.get(kind)
  if (kind === 'scale') {
    const range = setting.list((bound) => bound.number({ above: 0 }))
    if (range?.length === 2 && range[0] <= range[1]) return { kind, range: [range[0], range[1]] }
    return setting.wrong('two factors, the smaller first')
  }
  const most = kind === 'crop' ? largestCrop : undefined
  const pixels = setting.number({ least: 1, whole: kind !== 'channel-shift', ...set('most', most) })
  if (pixels === undefined) return setting.isSet ? undefined : item.wrong(expected)
  if (kind === 'jitter') return { kind, pixels }
  if (kind === 'crop') return { kind, size: pixels }
  if (kind === 'channel-shift') return { kind, amount: pixels }
  return item.wrong(expected)
}

function readCheckpoints(field: Field): TrainConfig['checkpoints'] {
  const checkpoints = field.mapping(['every', 'keep'])
  if (checkpoints === undefined) return { keep: 2 }
  return { ...set('every', readCount(checkpoints.get('every'))), keep: readCount(checkpoints.get('keep')) ?? 2 }
}

function readEvaluation(field: Field): EvaluationConfig {
  const evaluation = field.mapping(['every', 'before', 'images', 'patience', 'samples'])
  return {
    ...set('every', evaluation && readCount(evaluation.get('every'))),
    ...set('images', evaluation && readCount(evaluation.get('images'))),
    ...set('patience', evaluation && readCount(evaluation.get('patience'))),
    before: evaluation?.get('before').flag() ?? false,
    samples: evaluation?.get('samples').number({ least: 0, whole: true }) ?? 4,
  }
}
