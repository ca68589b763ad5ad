import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core'
import { identityMap, windowMap } from '../geometry/spatial-map.js'
import { lrnAcrossChannels, lrnWithinChannel } from '../ops/local-response-normalization.js'
import { type LayerPlugin, PixelwiseLayer, type Shape } from './pixelwise-layer.js'

/** Settings of `LocalResponseNormalization`. */
export interface LocalResponseNormalizationConfig {
  /** `across` neighbouring channels (AlexNet), or `within` each channel's neighbourhood in space. Default `across`. */
  readonly region?: 'across' | 'within'
  /** Odd width of the window. Default 5. */
  readonly size?: number
  /** Default 1, as in Caffe; AlexNet uses 1e-4. */
  readonly alpha?: number
  /** Default 0.75. */
  readonly beta?: number
  /** Default 1; within a channel it is always 1. */
  readonly k?: number
}

/**
 * Local response normalisation with Caffe's scaling: alpha is divided by the window's size (across) or area (within).
 * Shapes: `[N, H, W, C]` → the same, float32. Source: Krizhevsky et al. 2012, §3.3; Caffe's LRN layer.
 */
export class LocalResponseNormalization extends PixelwiseLayer<LocalResponseNormalizationConfig> {
  static readonly className = 'Pixelwise>LocalResponseNormalization'

  override inferShape([input]: Shape[]): Shape {
    return input
  }

  override forward([x]: Tensor[]): Tensor {
    const { region = 'across', ...options } = this.config
    return region === 'across' ? lrnAcrossChannels(x as Tensor4D, options) : lrnWithinChannel(x as Tensor4D, options)
  }
}

export const localResponseNormalizationLayer: LayerPlugin<LocalResponseNormalization> = {
  layer: LocalResponseNormalization,
  spatialMap: ({ config: { region = 'across', size = 5 } }) =>
    region === 'across' ? identityMap : windowMap({ kernel: size, pad: (size - 1) / 2 }),
}
