import { softmaxCrossEntropy } from '@pixelwise/core'
import type { Scalar, Tensor, Tensor3D, Tensor4D } from '@tensorflow/tfjs-core'
import type { LayersModel } from '@tensorflow/tfjs-layers'

export interface PixelLossOptions {
  /** Pixels with this label neither count nor learn. Default 255 (void). */
  readonly ignoreLabel?: number
  /**
   * What the sum over pixels is divided by. `valid`: the pixels that count (default); `none`: nothing, as the published
   * FCNs, whose learning rate of 1e-10 belongs to it.
   */
  readonly normalization?: 'none' | 'valid' | 'batch' | 'full'
}

/**
 * The loss of a net that scores pixels: softmax cross-entropy between its scores and a label per pixel.
 *
 * Returns a function of a batch `[images, labels]`, images `[N, H, W, C]` float32 and labels `[N, H, W]` int32, that runs
 * the model in training mode (dropout on) and gives a scalar. Source: Long 2016, §3.3; Caffe's SoftmaxWithLoss.
 */
export function pixelLoss(model: LayersModel, options: PixelLossOptions = {}): (batch: readonly Tensor[]) => Scalar {
  return ([images, labels]) => {
    const scores = model.apply(images, { training: true }) as Tensor4D
    return softmaxCrossEntropy(scores, labels as Tensor3D, options)
  }
}
