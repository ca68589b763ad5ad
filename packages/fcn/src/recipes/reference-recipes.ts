import type { Preprocessing } from '@pixelwise/core'
import type {
  HeadNet,
  PublishedScores,
  Recipe,
  RecipeData,
  RecipeInput,
  RecipeSolver,
  WeightOrigin,
  WeightRule,
} from './recipe.js'

/** BGR minus a mean in that order, 0..255. */
export function bgr(mean: readonly [number, number, number]): Preprocessing {
  return { inputKind: 'rgb', channelOrder: 'bgr', mean, scale: [1, 1, 1] }
}

const vocInput: RecipeInput = {
  from: 'image',
  preprocessing: bgr([104.00699, 116.66877, 122.67892]),
}
const nyudColourMean = [116.19, 97.203, 92.318] as const
const nyudColour: RecipeInput = { from: 'image', preprocessing: bgr(nyudColourMean) }
const nyudColourDepth: RecipeInput = {
  from: 'rgbd',
  preprocessing: { inputKind: 'rgbd', channelOrder: 'bgr', mean: [...nyudColourMean, 7.844], scale: [1, 1, 1, 1] },
}
const nyudHha: RecipeInput = {
  from: 'hha',
  preprocessing: { inputKind: 'hha', channelOrder: 'rgb', mean: [132.431, 94.076, 118.477], scale: [1, 1, 1] },
}

const oneTarget = [{ head: '', from: 'labels' }] as const

/** One image per step, drawn with replacement, at its own size. */
const asPublished = { sampler: 'stochastic', batchSize: 1, augmentation: [] } as const

const sbdTrain = { layout: 'sbd', split: 'train' } as const

/** Scored on "seg11valid": what VOC 2011 holds out and SBD does not train on; neither set has a list of that name. */
export const vocData: RecipeData = {
  train: sbdTrain,
  validation: { layout: 'voc', split: 'val', without: sbdTrain },
  inputs: [vocInput],
  targets: oneTarget,
  ...asPublished,
}

export const nyudData = (...inputs: RecipeInput[]): RecipeData => ({
  train: { layout: 'nyud', split: 'trainval' },
  validation: { layout: 'nyud', split: 'test' },
  inputs,
  targets: oneTarget,
  ...asPublished,
})
export const nyudLateFusionData = nyudData(nyudColour, nyudHha)

const siftFlowData: RecipeData = {
  train: { layout: 'sift-flow', split: 'trainval' },
  validation: { layout: 'sift-flow', split: 'test' },
  inputs: [{ from: 'image', preprocessing: bgr([114.578, 115.294, 108.353]) }],
  targets: [
    { head: 'sem', from: 'labels' },
    { head: 'geo', from: 'geometric' },
  ],
  ...asPublished,
}

const contextData: RecipeData = {
  train: { layout: 'pascal-context', split: 'train' },
  validation: { layout: 'pascal-context', split: 'val' },
  inputs: [{ from: 'image', preprocessing: bgr([104.007, 116.669, 122.679]) }],
  targets: oneTarget,
  ...asPublished,
}

/** Biases learn twice as fast and do not decay. */
export const doubledBiases: readonly WeightRule[] = [{ weights: '*/bias', learningRate: 2, decay: 0 }]

/** One image, momentum 0.99 and a loss that sums over pixels. */
export const heavy = (learningRate: number, settings: Omit<Partial<RecipeSolver>, 'learningRate'>): RecipeSolver => ({
  learningRate,
  momentum: 0.99,
  weightDecay: 5e-4,
  multipliers: doubledBiases,
  length: { steps: 100_000 },
  ...settings,
})
export const summed = { ignoreLabel: 255, normalization: 'batch' } as const

export const vgg = (
  classes: HeadNet['classes'],
  stride: 32 | 16 | 8,
  head: Partial<HeadNet['head']> = {},
): HeadNet => ({
  kind: 'fcn',
  backbone: 'vgg16',
  options: { pad: 100 },
  classes,
  head: { stride, upsampling: 'fixed', ...head },
})

/** The net before: its weights, and its name. */
const after = (name: string): readonly WeightOrigin[] => [{ from: name }]
const classifier: readonly WeightOrigin[] = [{ from: 'vgg16' }]

const source = (folder: string) => `fcn.berkeleyvision.org, ${folder}`
const published = (folder: string, file: string | undefined, scores: readonly PublishedScores[] = []) => ({
  source: source(folder),
  ...(file !== undefined && { weights: `http://dl.caffe.berkeleyvision.org/${file}.caffemodel` }),
  ...(scores.length > 0 && { scores }),
})
const onValid = (meanIu: number): PublishedScores => ({ on: 'PASCAL VOC 2011 seg11valid', meanIu })

const vocSteps = { length: { steps: 100_000 }, evaluateEvery: 4000, checkpointEvery: 4000 }
const nyudSteps = { length: { steps: 100_000 }, evaluateEvery: 2000, checkpointEvery: 2000 }
const siftFlowSteps = { length: { steps: 100_000 }, evaluateEvery: 2000 }
const contextSteps = { length: { steps: 400_000 }, evaluateEvery: 8000, checkpointEvery: 4000 }

const voc = (stride: 32 | 16 | 8, rate: number, origin: string, scores: readonly PublishedScores[]): Recipe => ({
  name: `voc-fcn${stride}s`,
  summary: `FCN-${stride}s on VGG-16, PASCAL VOC, 21 classes`,
  net: vgg(21, stride),
  loss: summed,
  solver: heavy(rate, vocSteps),
  data: vocData,
  initialisation: after(origin),
  published: published(`voc-fcn${stride}s`, `fcn${stride}s-heavy-pascal`, scores),
})

const siftFlow = (stride: 32 | 16 | 8, rate: number, origin: string): Recipe => ({
  name: `siftflow-fcn${stride}s`,
  summary: `FCN-${stride}s on VGG-16, SIFT Flow, 33 semantic and 3 geometric classes`,
  net: vgg({ sem: 33, geo: 3 }, stride),
  loss: summed,
  solver: heavy(rate, siftFlowSteps),
  data: siftFlowData,
  initialisation: after(origin),
  published: published(
    `siftflow-fcn${stride}s`,
    `siftflow-fcn${stride}s-heavy`,
    stride === 16
      ? [
          {
            on: 'SIFT Flow test (Long 2016, Table 3.6)',
            pixelAccuracy: 85.2,
            meanAccuracy: 51.7,
            meanIu: 39.5,
            frequencyWeightedIu: 76.1,
            geometricAccuracy: 94.3,
          },
        ]
      : [],
  ),
})

const contextScores = { 32: [65.4, 47.2, 35.1, 50.3], 16: [66.8, 49.6, 37.6, 52.3], 8: [67.0, 50.7, 37.8, 52.5] }
const context = (stride: 32 | 16 | 8, rate: number, origin: string): Recipe => ({
  name: `pascalcontext-fcn${stride}s`,
  summary: `FCN-${stride}s on VGG-16, PASCAL-Context, 59 classes and background`,
  net: vgg(60, stride),
  loss: summed,
  solver: heavy(rate, contextSteps),
  data: contextData,
  initialisation: after(origin),
  published: published(`pascalcontext-fcn${stride}s`, `pascalcontext-fcn${stride}s-heavy`, [
    fourScores('PASCAL-Context val, 59 classes (Long 2016, Table 3.7)', contextScores[stride]),
  ]),
})

/** Pixel accuracy, mean accuracy, mean IU and frequency weighted IU, as the tables have them. */
export function fourScores(
  on: string,
  [pixelAccuracy, meanAccuracy, meanIu, frequencyWeightedIu]: readonly number[],
): PublishedScores {
  return { on, pixelAccuracy, meanAccuracy, meanIu, frequencyWeightedIu }
}

const onNyud = (...scores: number[]) => fourScores('NYUDv2 test (Long 2016, Table 3.5)', scores)

/** The 15 nets of the reference code with its solvers, data layers and surgery; steps are those its scripts run. */
export const referenceRecipes: readonly Recipe[] = [
  voc(32, 1e-10, 'vgg16', [onValid(63.6)]),
  voc(16, 1e-12, 'voc-fcn32s', [onValid(65.0)]),
  voc(8, 1e-14, 'voc-fcn16s', [onValid(65.5), { on: 'PASCAL VOC 2012 test', meanIu: 67.2 }]),
  {
    name: 'voc-fcn8s-atonce',
    summary: 'FCN-8s on VGG-16 in one stage, skips scaled, PASCAL VOC, 21 classes',
    net: vgg(21, 8, { skipScales: [0.01, 0.0001] }),
    loss: summed,
    solver: heavy(1e-10, { ...vocSteps, length: { steps: 300_000 } }),
    data: vocData,
    initialisation: classifier,
    published: published('voc-fcn8s-atonce', 'fcn8s-atonce-pascal', [onValid(65.4)]),
  },
  {
    name: 'voc-fcn-alexnet',
    summary: 'FCN-32s on CaffeNet, PASCAL VOC, 21 classes',
    net: { ...vgg(21, 32), backbone: 'caffenet' },
    loss: { ignoreLabel: 255, normalization: 'valid' },
    solver: {
      learningRate: 1e-4,
      momentum: 0.9,
      weightDecay: 5e-4,
      iterSize: 20,
      multipliers: [{ weights: 'score_fr/bias', learningRate: 2, decay: 0 }],
      ...vocSteps,
    },
    data: vocData,
    initialisation: [{ from: 'caffenet' }],
    published: published('voc-fcn-alexnet', 'fcn-alexnet-pascal', [onValid(48.0)]),
  },
  {
    name: 'nyud-fcn32s-color',
    summary: 'FCN-32s on VGG-16, NYUDv2 colour, 40 classes',
    net: vgg(40, 32),
    loss: summed,
    solver: heavy(1e-10, nyudSteps),
    data: nyudData(nyudColour),
    initialisation: classifier,
    published: published('nyud-fcn32s-color', 'nyud-fcn32s-color-heavy', [onNyud(60.0, 42.2, 29.2, 43.9)]),
  },
  {
    name: 'nyud-fcn32s-color-d',
    summary: 'FCN-32s on VGG-16, early fusion of colour and depth, NYUDv2, 40 classes',
    net: { ...vgg(40, 32), options: { pad: 100, inputChannels: 4 }, rename: { conv1_1: 'conv1_1_bgrd' } },
    loss: summed,
    solver: heavy(1e-10, nyudSteps),
    data: nyudData(nyudColourDepth),
    initialisation: [{ from: 'vgg16', names: { conv1_1_bgrd: 'conv1_1' }, widen: ['conv1_1_bgrd'] }],
    published: published('nyud-fcn32s-color-d', undefined, [onNyud(61.5, 42.4, 30.5, 45.5)]),
  },
  {
    name: 'nyud-fcn32s-hha',
    summary: 'FCN-32s on VGG-16, NYUDv2 depth as HHA, 40 classes',
    net: vgg(40, 32),
    loss: summed,
    solver: heavy(1e-10, nyudSteps),
    data: nyudData(nyudHha),
    initialisation: classifier,
    published: published('nyud-fcn32s-hha', 'nyud-fcn32s-hha-heavy', [onNyud(57.1, 35.2, 24.2, 40.4)]),
  },
  {
    name: 'nyud-fcn32s-color-hha',
    summary: 'FCN-32s on two VGG-16, late fusion of colour and HHA, NYUDv2, 40 classes',
    net: { ...vgg(40, 32), kind: 'late-fusion', trunks: ['color', 'hha'] },
    loss: summed,
    solver: heavy(1e-12, nyudSteps),
    data: nyudLateFusionData,
    initialisation: [
      { from: 'nyud-fcn32s-color', suffix: 'color', steps: 28_000 },
      { from: 'nyud-fcn32s-hha', suffix: 'hha', steps: 60_000 },
    ],
    published: published('nyud-fcn32s-color-hha', 'nyud-fcn32s-color-hha-heavy', [onNyud(64.3, 44.9, 32.8, 48.0)]),
  },
  siftFlow(32, 1e-10, 'vgg16'),
  siftFlow(16, 1e-12, 'siftflow-fcn32s'),
  siftFlow(8, 1e-12, 'siftflow-fcn16s'),
  context(32, 1e-10, 'vgg16'),
  context(16, 1e-12, 'pascalcontext-fcn32s'),
  context(8, 1e-14, 'pascalcontext-fcn16s'),
]
