import { identityMap, type LayerPlugin, PixelwiseLayer, type Shape } from '@pixelwise/core'
import { add, div, mul, sqrt, square, sum, type Tensor } from '@tensorflow/tfjs-core'
import { initializers } from '@tensorflow/tfjs-layers'

export interface L2NormalizationConfig {
  /** One length for the whole map, not one per cell. Default true, as in the fork. */
  readonly acrossSpatial?: boolean
  /** One multiplier for all channels. Default true, as in the fork. */
  readonly channelShared?: boolean
  /** Added to the squared length. Default 1e-10. */
  readonly epsilon?: number
}

/**
 * Scales features to length 1, then each channel by its weight (Normalize of ParseNet and SSD).
 *
 * Shapes: `[N, H, W, C]` → the same, float32; weights `[C]` or `[1]`. Source: Liu, Rabinovich and Berg 2015 (ParseNet).
 */
export class L2Normalization extends PixelwiseLayer<L2NormalizationConfig> {
  static readonly className = 'Pixelwise>CaffeL2Normalization'

  override build(inputShape: Shape | Shape[]): void {
    const channels = (this.config.channelShared ?? true) ? 1 : (inputShape as Shape)[3]!
    this.addWeight('scale', [channels], 'float32', initializers.ones())
    this.built = true
  }

  override inferShape([input]: Shape[]): Shape {
    return input
  }

  override forward([x]: Tensor[]): Tensor {
    const { acrossSpatial = true, epsilon = 1e-10 } = this.config
    const length = sqrt(add(sum(square(x), acrossSpatial ? [1, 2, 3] : 3, true), epsilon))
    return mul(div(x, length), this.weights[0].read())
  }
}

export const l2NormalizationLayer: LayerPlugin<L2Normalization> = {
  layer: L2Normalization,
  spatialMap: ({ config }) => ((config.acrossSpatial ?? true) ? null : identityMap),
}
