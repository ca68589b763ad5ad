import { type LayerPlugin, meanVarianceNormalization, PixelwiseLayer, type Shape } from '@pixelwise/core'
import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core'

export interface MeanVarianceNormalizationConfig {
  /** Moments over rows, columns and channels, not of each channel by itself. Default false. */
  readonly acrossChannels?: boolean
  /** Default true. */
  readonly normalizeVariance?: boolean
  /** Added to the deviation. Default 1e-9. */
  readonly epsilon?: number
}

/** Shifts maps to mean 0 and scales them to deviation 1 (Caffe: MVN), `[N, H, W, C]` → the same. */
export class MeanVarianceNormalization extends PixelwiseLayer<MeanVarianceNormalizationConfig> {
  static readonly className = 'Pixelwise>CaffeMeanVarianceNormalization'

  override inferShape([input]: Shape[]): Shape {
    return input
  }

  override forward([x]: Tensor[]): Tensor {
    return meanVarianceNormalization(x as Tensor4D, this.config)
  }
}

/** Every value depends on the whole map, so the position is kept but the extent is not told. */
export const meanVarianceNormalizationLayer: LayerPlugin<MeanVarianceNormalization> = {
  layer: MeanVarianceNormalization,
  spatialMap: () => null,
}
