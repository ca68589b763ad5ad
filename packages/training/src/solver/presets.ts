import { Registry } from '@pixelwise/masks/shared'
import type { WeightMultipliers } from './bound-rule.js'
import type { SgdOptions } from './sgd.js'

/** Settings that belong together: a learning rate means nothing without its batch, momentum and normalisation. */
export interface TrainingPreset {
  readonly name: string
  /** For `sgd`. */
  readonly sgd: SgdOptions & { readonly learningRate: number }
  /** Images of one update: `batchSize · sgd.iterSize`. */
  readonly batchSize: number
  /** What the loss over all pixels is divided by; `pixelLoss` of `@pixelwise/fcn` takes it. */
  readonly normalization: 'none' | 'valid'
  readonly source: string
}

/**
 * Biases learn twice as fast and do not decay, as in nearly every published Caffe net.
 *
 * For `multipliers` of `sgd`.
 */
export function doubledBiases(weightName: string): WeightMultipliers {
  return weightName.endsWith('/bias') ? { learningRate: 2, decay: 0 } : {}
}

/**
 * "Heavy" learning: one image per update, a momentum that averages over a hundred of them, and a loss that sums over all
 * pixels, whence the tiny rate. As the published FCN-32s on VGG-16; its 16s and 8s go on with `learningRate` 1e-12 and
 * 1e-14.
 */
export const heavyPreset: TrainingPreset = {
  name: 'heavy',
  sgd: { learningRate: 1e-10, momentum: 0.99, weightDecay: 5e-4, multipliers: doubledBiases },
  batchSize: 1,
  normalization: 'none',
  source: 'solver.prototxt of the published voc-fcn32s; Shelhamer, Long and Darrell 2017',
}

/** Learning rates of the batch-20 settings, by backbone. Source: Long 2016, §3.3 (which prints "5^−5" for GoogLeNet). */
export const batch20LearningRates = { alexnet: 1e-3, vgg16: 1e-4, googlenet: 5e-5 } as const

/**
 * Twenty images per update, one at a time, and a loss averaged over pixels; the rate is VGG-16's
 * ({@link batch20LearningRates} has the others).
 */
export const batch20Preset: TrainingPreset = {
  name: 'batch-20',
  sgd: {
    learningRate: batch20LearningRates.vgg16,
    momentum: 0.9,
    weightDecay: 5e-4,
    iterSize: 20,
    multipliers: doubledBiases,
  },
  batchSize: 1,
  normalization: 'valid',
  source: 'Long 2016, §3.3',
}

/** The presets by name, `heavy` and `batch-20`; add one's own to the registry that is returned. */
export function trainingPresets(): Registry<TrainingPreset> {
  return new Registry(
    'training preset',
    [heavyPreset, batch20Preset].map((preset) => [preset.name, preset] as const),
  )
}
