import type { HeadNet, PublishedScores, Recipe, RecipeData, RecipeSolver } from './recipe.js'
import { bgr, doubledBiases, fourScores, heavy, nyudLateFusionData, summed, vgg, vocData } from './reference-recipes.js'

const averaged = { ignoreLabel: 255, normalization: 'valid' } as const

/** Twenty images of their own sizes per update; intermediate upsampling learns, from bilinear (§3.3.10). */
const batch20 = (learningRate: number, examples: number, settings: Partial<RecipeSolver> = {}): RecipeSolver => ({
  learningRate,
  momentum: 0.9,
  weightDecay: 5e-4,
  iterSize: 20,
  multipliers: doubledBiases,
  // "at least 175 epochs" (§3.3.1)
  length: { steps: Math.ceil((175 * examples) / 20) },
  ...settings,
})

const voc2011 = 1112
const sbd = 8498

const voc2011Data: RecipeData = {
  ...vocData,
  train: { layout: 'voc', split: 'train' },
  validation: { layout: 'voc', split: 'val' },
}
const googlenetMean = bgr([104, 117, 123])

const thesis = (where: string, scores: readonly PublishedScores[] = []) => ({
  source: `Long 2016, ${where}`,
  ...(scores.length > 0 && { scores }),
})
const table32 = (...scores: number[]) => fourScores('PASCAL VOC 2011 seg11valid (Long 2016, Table 3.2)', scores)

/** Table 3.1: three classifiers as FCNs, trained on PASCAL VOC 2011 alone. */
const compared = (name: string, backbone: string, learningRate: number, meanIu: number): Recipe => ({
  name: `voc-fcn-${name}-batch20`,
  summary: `FCN-32s on ${backbone}, 20 images per step, PASCAL VOC 2011`,
  net: { ...vgg(21, 32), backbone },
  loss: averaged,
  solver: batch20(learningRate, voc2011),
  data:
    backbone === 'googlenet'
      ? { ...voc2011Data, inputs: voc2011Data.inputs.map((one) => ({ ...one, preprocessing: googlenetMean })) }
      : voc2011Data,
  initialisation: [{ from: backbone }],
  published: thesis('§3.3.5 and Table 3.1', [{ on: 'PASCAL VOC 2011 val', meanIu }]),
})

/** Tables 3.2 and 3.3, trained on the Semantic Boundaries Dataset; each finer net a hundredth of the rate before. */
const stage = (
  name: string,
  summary: string,
  head: HeadNet,
  learningRate: number,
  origin: string,
  published: Recipe['published'],
): Recipe => ({
  name: `voc-${name}-batch20`,
  summary: `${summary}, 20 images per step, PASCAL VOC`,
  net: head,
  loss: averaged,
  solver: batch20(learningRate, sbd),
  data: vocData,
  initialisation: [{ from: origin }],
  published,
})

const learned = { upsampling: 'learned' } as const
const fcn16sVariants = '§3.3.2'

/** Experiments of the thesis that the reference code does not have; where it gives no figure, none is here. */
export const thesisRecipes: readonly Recipe[] = [
  compared('alexnet', 'caffenet', 1e-3, 39.8),
  compared('vgg16', 'vgg16', 1e-4, 56.0),
  compared('googlenet', 'googlenet', 5e-5, 42.5),
  {
    ...stage(
      'fcn32s-fixed',
      'FCN-32s on VGG-16 whose scorer alone learns',
      vgg(21, 32),
      1e-4,
      'vgg16',
      thesis('Table 3.2', [table32(83.0, 59.7, 45.4, 72.0)]),
    ),
    solver: batch20(1e-4, sbd, {
      multipliers: [
        { weights: 'score_fr/bias', learningRate: 2, decay: 0 },
        { weights: 'score_fr/*' },
        { weights: '*', learningRate: 0 },
      ],
    }),
  },
  stage(
    'fcn32s',
    'FCN-32s on VGG-16',
    vgg(21, 32),
    1e-4,
    'vgg16',
    thesis('Table 3.2', [table32(89.1, 73.3, 59.4, 81.4)]),
  ),
  stage(
    'fcn16s',
    'FCN-16s on VGG-16, upsampling learned',
    vgg(21, 16, learned),
    1e-6,
    'voc-fcn32s-batch20',
    thesis('Table 3.2', [table32(90.0, 75.7, 62.4, 83.0)]),
  ),
  stage(
    'fcn8s',
    'FCN-8s on VGG-16, upsampling learned',
    vgg(21, 8, learned),
    1e-8,
    'voc-fcn16s-batch20',
    thesis('Table 3.2', [table32(90.3, 75.9, 62.7, 83.2)]),
  ),
  stage(
    'fcn16s-max',
    'FCN-16s on VGG-16, fused by the maximum',
    vgg(21, 16, { ...learned, fusion: { kind: 'max' } }),
    1e-6,
    'voc-fcn32s-batch20',
    thesis(`${fcn16sVariants}: "max fusion made learning difficult"`),
  ),
  stage(
    'fcn16s-pool4',
    'scores from pool4 of VGG-16 alone',
    vgg(21, 16, { coarsest: 16 }),
    1e-6,
    'voc-fcn32s-batch20',
    thesis(`${fcn16sVariants}: "learning only from the pool4 layer"`),
  ),
  stage(
    'fcn32s-lower-rate',
    'FCN-32s on VGG-16, trained on at a hundredth of the rate',
    vgg(21, 32),
    1e-6,
    'voc-fcn32s-batch20',
    thesis(`${fcn16sVariants}: "simply decreasing the learning rate without adding the skip"`),
  ),
  {
    name: 'nyud-fcn16s-color-hha',
    summary: 'FCN-16s on two VGG-16, late fusion of colour and HHA, NYUDv2, 40 classes',
    net: { ...vgg(40, 16), kind: 'late-fusion', trunks: ['color', 'hha'] },
    loss: summed,
    // A hundredth of the rate of its 32s, as each upgrade has.
    solver: heavy(1e-14, { length: { steps: 100_000 }, evaluateEvery: 2000, checkpointEvery: 2000 }),
    data: nyudLateFusionData,
    initialisation: [{ from: 'nyud-fcn32s-color-hha' }],
    published: thesis('§3.4.2 and Table 3.5', [
      fourScores('NYUDv2 test (Long 2016, Table 3.5)', [65.4, 46.1, 34.0, 49.5]),
    ]),
  },
]
