import { batchNormalizationTraining, identityMap, type LayerPlugin, PixelwiseLayer, type Shape } from '@pixelwise/core'
import type { Tensor, Tensor1D, Tensor4D } from '@tensorflow/tfjs-core'
import { initializers } from '@tensorflow/tfjs-layers'

export interface BatchStatisticsConfig {
  /** Learn a multiplier and a bias per channel. Default true. */
  readonly affine?: boolean
  /** Added to the variance. Default 1e-5. */
  readonly epsilon?: number
}

/**
 * Normalises every channel by the mean and variance of the batch at hand, also outside of training.
 *
 * Caffe: BatchNorm with `use_global_stats: false`; the BN layer of DeconvNet and SegNet in its learning mode.
 * Shapes: `[N, H, W, C]` → the same, float32; weights scale and centre, `[C]` each.
 */
export class BatchStatistics extends PixelwiseLayer<BatchStatisticsConfig> {
  static readonly className = 'Pixelwise>CaffeBatchStatistics'

  override build(inputShape: Shape | Shape[]): void {
    const shape = [(inputShape as Shape).at(-1)!]
    if (this.config.affine ?? true) {
      this.addWeight('scale', shape, 'float32', initializers.ones())
      this.addWeight('centre', shape, 'float32', initializers.zeros())
    }
    this.built = true
  }

  override inferShape([input]: Shape[]): Shape {
    return input
  }

  override forward([x]: Tensor[]): Tensor {
    const [scale, centre] = this.weights.map((weight) => weight.read() as Tensor1D)
    const { epsilon = 1e-5 } = this.config
    return batchNormalizationTraining(x as Tensor4D, { scale, centre, epsilon }).output
  }
}

/** Strictly every cell sees the whole batch; as far as a trained net is concerned each looks at itself. */
export const batchStatisticsLayer: LayerPlugin<BatchStatistics> = {
  layer: BatchStatistics,
  spatialMap: () => identityMap,
}
