import { softmaxCrossEntropy } from '@pixelwise/core'
import type { Scalar, Tensor, Tensor3D, Tensor4D } from '@tensorflow/tfjs-core'

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
 * Returns what `train` takes as `loss`: outputs `[scores]`, scores `[N, H, W, classes]` float32, and targets `[labels]`,
 * labels `[N, H, W]` int32, give a scalar. Source: Long 2016, §3.3; Caffe's SoftmaxWithLoss.
 */
export function pixelLoss(
  options: PixelLossOptions = {},
): (outputs: readonly Tensor[], targets: readonly Tensor[]) => Scalar {
  return ([scores], [labels]) => softmaxCrossEntropy(scores as Tensor4D, labels as Tensor3D, options)
}
