import { PixelwiseError } from '@pixelwise/masks/shared'
import * as tf from '@tensorflow/tfjs-core'
import { checkRank, shapeText } from './checks.js'
import { stagedMean, stagedSum } from './staged-sum.js'
import { withGradient } from './with-gradient.js'

/** The learned part of batch normalisation, one number per channel; either may be absent. */
export interface BatchNormalizationWeights {
  /** `[C]`; 1 when absent. */
  readonly scale?: tf.Tensor1D
  /** `[C]`; 0 when absent. */
  readonly centre?: tf.Tensor1D
  /** Added to the variance; 1e-5 by default (Caffe, PyTorch; Keras takes 1e-3). */
  readonly epsilon?: number
}

/** {@link BatchNormalizationWeights} with the moments to normalise by, `[C]` each. */
export interface BatchNormalizationOptions extends BatchNormalizationWeights {
  readonly mean: tf.Tensor1D
  readonly variance: tf.Tensor1D
}

/**
 * Normalises each channel by given moments: y = scale·(x − mean) / √(variance + ε) + centre.
 *
 * Gradients reach x, mean, variance, scale and centre, with any of scale and centre absent.
 *
 * Shapes: x `[N, H, W, C]`, all others `[C]` → `[N, H, W, C]` float32. The caller disposes the result.
 * Throws `batchNormalization/wrong-rank`, `/size-mismatch`.
 * Source: Ioffe and Szegedy 2015, algorithm 2.
 */
export function batchNormalization(x: tf.Tensor4D, options: BatchNormalizationOptions): tf.Tensor4D {
  const { mean, variance, epsilon = 1e-5 } = options
  checkSizes(x, { ...options })
  return tf.tidy(() => {
    const channels = x.shape[3]
    const scale = options.scale ?? tf.ones([channels])
    const centre = options.centre ?? tf.zeros([channels])
    return tf.batchNorm4d(x, mean, variance, centre, scale, epsilon)
  })
}

/** What a training step gets from a batch. */
export interface TrainedBatchNormalization {
  /** `[N, H, W, C]`. */
  readonly output: tf.Tensor4D
  /** `[C]`, of this batch. */
  readonly mean: tf.Tensor1D
  /** `[C]`, of this batch, divided by the number of values (not by one less). */
  readonly variance: tf.Tensor1D
}

/**
 * Normalises each channel by the moments of the batch itself and returns these, for the moving averages.
 *
 * The gradient is that of the whole function, through the moments too, in closed form; the returned moments are
 * constants to it.
 *
 * Shapes: x `[N, H, W, C]`, scale and centre `[C]`. The caller disposes the three results.
 * Throws `batchNormalization/wrong-rank`, `/size-mismatch`.
 * Source: Ioffe and Szegedy 2015, algorithm 1 and §3.
 */
export function batchNormalizationTraining(
  x: tf.Tensor4D,
  weights: BatchNormalizationWeights = {},
): TrainedBatchNormalization {
  const { epsilon = 1e-5 } = weights
  checkSizes(x, { ...weights })
  return tf.tidy(() => {
    const channels = x.shape[3]
    const mean: tf.Tensor1D = tf.reshape(stagedMean(x, [0, 1, 2]), [channels])
    const variance: tf.Tensor1D = tf.reshape(stagedMean(tf.squaredDifference(x, mean), [0, 1, 2]), [channels])
    const scale = weights.scale ?? tf.ones<tf.Rank.R1>([channels])
    const centre = weights.centre ?? tf.zeros<tf.Rank.R1>([channels])
    const inverse = tf.rsqrt(tf.add(variance, epsilon))
    const output = withGradient(
      [x, scale, centre],
      [x, scale, mean, inverse],
      () => tf.batchNorm4d(x, mean, variance, centre, scale, epsilon),
      trainingGradients,
    )
    return { output, mean, variance }
  })
}

/** dx = scale/σ · (dy − mean(dy) − x̂·mean(dy·x̂)), with x̂ the normalised input; dscale = Σ dy·x̂; dcentre = Σ dy. */
function trainingGradients(
  dy: tf.Tensor,
  [x, scale, mean, inverse]: readonly [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor],
): [tf.Tensor, tf.Tensor, tf.Tensor] {
  const count = x.size / scale.size
  const normalised = tf.mul(tf.sub(x, mean), inverse)
  const centreGradient = tf.reshape(stagedSum(dy, [0, 1, 2]), scale.shape)
  const scaleGradient = tf.reshape(stagedSum(tf.mul(dy, normalised), [0, 1, 2]), scale.shape)
  const follows = tf.mul(normalised, tf.div(scaleGradient, count))
  const dx = tf.mul(tf.sub(tf.sub(dy, tf.div(centreGradient, count)), follows), tf.mul(scale, inverse))
  return [dx, scaleGradient, centreGradient]
}

function checkSizes(x: tf.Tensor4D, perChannel: Record<string, unknown>): void {
  checkRank('batchNormalization', 'x', x, 'N, H, W, C')
  for (const [name, tensor] of Object.entries(perChannel)) {
    if (!(tensor instanceof tf.Tensor)) continue
    checkRank('batchNormalization', name, tensor, 'C')
    if (tensor.shape[0] === x.shape[3]) continue
    throw new PixelwiseError('batchNormalization/size-mismatch', {
      what: `batchNormalization: ${name} ${shapeText(tensor.shape)} for x ${shapeText(x.shape)}`,
      rule: `expected one number per channel, [${x.shape[3]}]`,
      next: 'pass the weights that belong to this layer',
    })
  }
}
