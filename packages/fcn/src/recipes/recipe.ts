import type { Preprocessing } from '@pixelwise/core'
import type { HeadOptions } from '../head-options.js'
import type { PatchSampling } from '../pixel-loss.js'

/**
 * A published experiment as data: everything that must be known to repeat it, and nothing that runs.
 *
 * It survives `JSON.parse(JSON.stringify(recipe))`; a variation is a copy with other values. `buildRecipe` makes the net
 * and its loss, `recipeSolver` the solver, `recipeBatch` the batches, `initialise` the first weights.
 */
export interface Recipe {
  readonly name: string
  /** One line: net, data set, what is special. */
  readonly summary: string
  readonly net: RecipeNet
  readonly loss: RecipeLoss
  readonly solver: RecipeSolver
  readonly data: RecipeData
  /** Where the first weights come from, in this order; what no origin has starts as the net was built. */
  readonly initialisation: readonly WeightOrigin[]
  readonly published: Published
}

/** The kinds of net that recipes have. */
export type RecipeNet = HeadNet | LateFusionNet | DenseNetFcnNet | AtrousDenseNetNet

/** A head upon one backbone. */
export interface HeadNet extends TrunkAndHead {
  readonly kind: 'fcn'
}

/** A head upon several trunks of one backbone, see `lateFusion`. */
export interface LateFusionNet extends TrunkAndHead {
  readonly kind: 'late-fusion'
  /** Names of the trunks, in the order of the inputs. */
  readonly trunks: readonly string[]
}

/** A net with a decoder of its own, see `denseNetFcn`. */
export interface DenseNetFcnNet {
  readonly kind: 'densenet-fcn'
  readonly classes: number
  readonly layers: readonly number[]
  readonly growth: number
  readonly channels: number
  readonly dropout: number
}

/** A net without poolings, see `atrousDenseNet`. */
export interface AtrousDenseNetNet {
  readonly kind: 'atrous-densenet'
  readonly classes: number
  readonly layers: readonly number[]
  readonly growth: number
  readonly channels: number
  readonly reduction: number
  readonly transition: { readonly kernel: number; readonly dilation: number }
  readonly dropout: number
}

interface TrunkAndHead {
  /** Its name in the registry of backbones. */
  readonly backbone: string
  readonly options: BackboneSettings
  /** Layers of the backbone that have another name here. */
  readonly rename?: Readonly<Record<string, string>>
  /** Classes, or the classes of several heads by name. */
  readonly classes: number | Readonly<Record<string, number>>
  readonly head: HeadOptions
}

/** What recipes ask of a backbone; a factory may know more options, and need not know all of these. */
export interface BackboneSettings {
  readonly pad?: number
  readonly outputStride?: number
  readonly inputChannels?: number
  readonly variant?: string
  readonly dropout?: number
  readonly normalizationMomentum?: number
}

/** The loss of a recipe. */
export interface RecipeLoss {
  readonly ignoreLabel: number
  /** See `pixelLoss`; `batch` with one image per batch is the plain sum of the published FCNs. */
  readonly normalization: 'none' | 'valid' | 'batch' | 'full'
  /** Weight of each head's loss by its name; 1 where left out. */
  readonly headWeights?: Readonly<Record<string, number>>
  /** Weight of each class; 1 where left out. */
  readonly classWeights?: readonly number[]
  readonly sampling?: PatchSampling
}

/** Stochastic gradient descent by Caffe's rule. */
export interface RecipeSolver {
  /** A number; or a rate that falls to zero at the last step as (1 − step/steps)^power. */
  readonly learningRate: number | { readonly policy: 'poly'; readonly base: number; readonly power: number }
  readonly momentum: number
  readonly weightDecay: number
  /** Batches per update. Default 1. */
  readonly iterSize?: number
  /** Factors of weights by name (`score_fr/bias`); `*` stands for anything, the first that fits counts. */
  readonly multipliers: readonly WeightRule[]
  readonly length: { readonly steps: number } | { readonly epochs: number }
  /** Steps between evaluations, and between checkpoints. */
  readonly evaluateEvery?: number
  readonly checkpointEvery?: number
}

/** Multipliers of the weights that a pattern names. */
export interface WeightRule {
  readonly weights: string
  /** Default 1. */
  readonly learningRate?: number
  /** Default 1. */
  readonly decay?: number
}

/** What a recipe learns from and is scored on. */
export interface RecipeData {
  /** A layout of `@pixelwise/datasets` and its split. */
  readonly train: DatasetSplit
  readonly validation: DatasetSplit
  /** One per input of the net. */
  readonly inputs: readonly RecipeInput[]
  /** One per head, in its order. */
  readonly targets: readonly RecipeTarget[]
  /** `stochastic` draws with replacement. */
  readonly sampler: 'stochastic' | 'shuffled' | 'sequential'
  /** Images of one batch. */
  readonly batchSize: number
  /** What happens to an example before it is prepared, in this order; the published FCNs do nothing. */
  readonly augmentation: readonly Augmentation[]
}

/** A part of a data set, by layout and list. */
export interface DatasetSplit {
  readonly layout: string
  readonly split: string
  /** Examples of this split that are left out: those of another one. */
  readonly without?: { readonly layout: string; readonly split: string }
}

/** How one input of the net is made from an example. */
export interface RecipeInput {
  /** What of an example it is made of: `rgbd` is the image and the natural logarithm of its depth in millimetres. */
  readonly from: 'image' | 'hha' | 'rgbd'
  readonly preprocessing: Preprocessing
}

/** Which labels one head of the net learns. */
export interface RecipeTarget {
  /** The head's name; empty where there is one. */
  readonly head: string
  /** Which labelling of an example. */
  readonly from: 'labels' | 'geometric'
}

/** How examples are changed at random before each step. */
export type Augmentation =
  | { readonly kind: 'mirror' }
  /** Shifts by up to so many pixels. */
  | { readonly kind: 'jitter'; readonly pixels: number }
  | { readonly kind: 'scale'; readonly range: readonly [smallest: number, largest: number] }
  /** Crops or pads to a square. */
  | { readonly kind: 'crop'; readonly size: number }
  /** Adds to each colour a number within ± `amount`. */
  | { readonly kind: 'channel-shift'; readonly amount: number }

/** The options of a transplant: see `transplantWeights` of `@pixelwise/caffe-import` and `initialise`. */
export interface WeightOrigin {
  /** Another recipe, after its training, or the ImageNet classifier of a backbone (`vgg16`). */
  readonly from: string
  /** The net's layers are called as the origin's with this ending. */
  readonly suffix?: string
  /** Origins of single layers; they win over the suffix. */
  readonly names?: Readonly<Record<string, string>>
  /** Layers with more input channels than the origin: the others start as the mean of the old ones. */
  readonly widen?: readonly string[]
  /** Steps of the origin's training that came before. */
  readonly steps?: number
}

/** Where an experiment was published, and what it reached. */
export interface Published {
  readonly source: string
  /** Trained weights. */
  readonly weights?: string
  /** Scores as published, in percent. */
  readonly scores?: readonly PublishedScores[]
}

/** The scores of one measurement, in percent. */
export interface PublishedScores {
  /** What they were measured on. */
  readonly on: string
  readonly pixelAccuracy?: number
  readonly meanAccuracy?: number
  readonly meanIu?: number
  readonly frequencyWeightedIu?: number
  readonly geometricAccuracy?: number
}
