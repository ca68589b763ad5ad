import type { HeadNet, Recipe, RecipeData, RecipeNet, RecipeSolver, WeightRule } from './recipe.js'
import { bgr } from './reference-recipes.js'

/** VOC 2012 and the Semantic Boundaries Dataset, less the images that are validated on; crops of 320 pixels. */
const data: RecipeData = {
  train: { layout: 'sbd', split: 'train' },
  validation: { layout: 'voc', split: 'val', without: { layout: 'sbd', split: 'train' } },
  inputs: [{ from: 'image', preprocessing: bgr([103.939, 116.779, 123.68]) }],
  targets: [{ head: '', from: 'labels' }],
  sampler: 'shuffled',
  batchSize: 16,
  augmentation: [
    { kind: 'scale', range: [0.5, 2] },
    { kind: 'crop', size: 320 },
    { kind: 'mirror' },
    { kind: 'channel-shift', amount: 20 },
  ],
}

/** Keras's `l2(d)` penalises d·w², whose gradient is that of Caffe's weight decay 2·d; only convolutions have it. */
const solver = (penalty: number, multipliers: readonly WeightRule[] = kernelsDecay): RecipeSolver => ({
  learningRate: { policy: 'poly', base: 0.01, power: 0.9 },
  momentum: 0.9,
  weightDecay: 2 * penalty,
  multipliers,
  length: { epochs: 250 },
})
const kernelsDecay: readonly WeightRule[] = [{ weights: '*/kernel' }, { weights: '*', decay: 0 }]

const net = (
  backbone: string,
  stride: 32 | 16,
  options: Partial<HeadNet['options']> = stride < 32 ? { outputStride: stride } : {},
): HeadNet => ({
  kind: 'fcn',
  backbone,
  options: { variant: 'keras', ...options },
  classes: 21,
  head: { stride, upsampling: 'resize', convention: 'asymmetric', start: 'msra' },
})

const recipe = (
  name: string,
  summary: string,
  head: RecipeNet,
  settings: RecipeSolver,
  published: Partial<Recipe['published']> = {},
): Recipe => ({
  name,
  summary,
  net: head,
  loss: { ignoreLabel: 255, normalization: 'full' },
  solver: settings,
  data,
  initialisation: 'backbone' in head ? [{ from: head.backbone }] : [],
  published: { source: `Keras-FCN, ${name}`, ...published },
})

/** The models of Keras-FCN (aurora95), with the settings of its training script. */
export const kerasRecipes: readonly Recipe[] = [
  recipe('FCN_Vgg16_32s', 'VGG-16 padded alike, scores resized 32-fold', net('vgg16', 32), solver(1e-4)),
  recipe(
    'AtrousFCN_Vgg16_16s',
    'VGG-16 without its fifth pooling, fc6 dilated by 2, scores resized 16-fold',
    net('vgg16', 16),
    solver(1e-4),
  ),
  recipe(
    'FCN_Resnet50_32s',
    'ResNet-50, scores resized 32-fold',
    net('resnet50', 32),
    // Its blocks are built without a penalty.
    solver(1e-4, [{ weights: 'res*', decay: 0 }, ...kernelsDecay]),
  ),
  recipe(
    'AtrousFCN_Resnet50_16s',
    'ResNet-50 dilated in its last stage, scores resized 16-fold',
    net('resnet50', 16, { outputStride: 16, normalizationMomentum: 0.95 }),
    solver(5e-5),
    { scores: [{ on: 'PASCAL VOC 2012 val without SBD train', meanIu: 66.1076 }] },
  ),
  recipe(
    'DenseNet_FCN',
    'FC-DenseNet103 from scratch',
    { kind: 'densenet-fcn', classes: 21, layers: [4, 5, 7, 10, 12, 15], growth: 16, channels: 48, dropout: 0.2 },
    // What learns decays, scales and centres too.
    solver(1e-4, []),
    { source: 'Jégou et al. 2017; Keras-FCN, DenseNet_FCN, whose poolings average and whose upsampling repeats' },
  ),
  recipe(
    'Atrous_DenseNet',
    'DenseNet-121’s blocks without pooling, from scratch',
    {
      kind: 'atrous-densenet',
      classes: 21,
      layers: [6, 12, 24, 16],
      growth: 32,
      channels: 64,
      reduction: 0.5,
      transition: { kernel: 1, dilation: 2 },
      dropout: 0.2,
    },
    solver(1e-4, []),
    {
      source:
        'Keras-FCN, Atrous_DenseNet, by keras-contrib’s DenseNet; early versions of that halve the layers of all blocks but the last',
    },
  ),
]
