import { sigmoidCrossEntropy } from '@pixelwise/core'
import { PixelwiseError } from '@pixelwise/masks/shared'
import * as tf from '@tensorflow/tfjs-core'
import { regionLogistic } from '../loss/region-logistic.js'
import type { RegionNet } from '../networks/region-net.js'

/** How the parts of the loss weigh. */
export interface RegionLossOptions {
  /** Of the scores' loss, against that of the regions. Default 1. */
  readonly scoreWeight?: number
  /** Pixels that are upsampled at a time where the loss is tensor operations. Default 2²⁰. */
  readonly chunkPixels?: number
}

/**
 * The loss of a region net: all pathways and their scores together.
 *
 * Returns what `train` takes as `loss`, for targets from `regionBatch`: the logistic loss of each pathway's active
 * regions, and of the scores the mean logistic loss over all centres that are not void: is this region active?
 * Source: Long 2016, §4.3.6, §4.4.5.
 */
export function regionLoss(
  { pathways, scored }: Pick<RegionNet, 'pathways' | 'scored'>,
  { scoreWeight = 1, chunkPixels }: RegionLossOptions = {},
): (outputs: readonly tf.Tensor[], targets: readonly tf.Tensor[]) => tf.Scalar {
  return (outputs, [labels, ...targets]) => {
    checkOutputs(outputs, targets, pathways.length, scored)
    const regions = pathways.map(({ stride }, p) =>
      regionLogistic(
        outputs[p] as tf.Tensor4D,
        labels as tf.Tensor3D,
        targets[2 * p] as tf.Tensor2D,
        targets[2 * p + 1] as tf.Tensor1D,
        { stride, chunkPixels },
      ),
    )
    const scores = scored
      ? pathways.map((_, p) => scoreLoss(outputs[pathways.length + p], targets[2 * pathways.length + p], scoreWeight))
      : []
    return tf.addN([...regions, ...scores])
  }
}

function scoreLoss(logits: tf.Tensor, wanted: tf.Tensor, weight: number): tf.Scalar {
  const flat = tf.reshape(logits, wanted.shape)
  return tf.mul(sigmoidCrossEntropy(flat, wanted, { ignoreLabel: -1, normalization: 'valid' }), weight)
}

function checkOutputs(outputs: readonly tf.Tensor[], targets: readonly tf.Tensor[], pathways: number, scored: boolean) {
  const wanted = [pathways * (scored ? 2 : 1), pathways * (scored ? 3 : 2)]
  if (outputs.length === wanted[0] && targets.length === wanted[1]) return
  throw new PixelwiseError('regionLoss/wrong-count', {
    what: `regionLoss: ${outputs.length} outputs and ${targets.length + 1} targets for ${pathways} pathways ${scored ? 'with' : 'without'} scores`,
    rule: `expected ${wanted[0]} outputs and ${wanted[1] + 1} targets`,
    next: 'take the outputs of the region net as they come, and the targets from regionBatch with the same net',
  })
}
