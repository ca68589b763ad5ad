import { type LayerPlugin, PixelwiseLayer, type Shape, windowMap } from '@pixelwise/core'
import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core'
import { type SemiringName, semiringOf } from '../algebra/semirings.js'
import { regionTranspose } from '../ops/region-transpose.js'
import { centredOrigin } from '../pair-array.js'
import { windowOfLayer } from './window-of-layer.js'

/** Settings of `RegionTranspose`. */
export interface RegionTransposeConfig {
  /** Origin of the result; the input's is `R − 1 − origin`. Default `⌊R/2⌋`. */
  readonly origin?: number
  /** Its zero stands where the cell is the centre of no region. Default `sumproduct`. */
  readonly semiring?: SemiringName
}

/**
 * The region transpose, `[N, H, W, R·R]` → the same: out[c, i] = in[c + i − origin, R − 1 − i] per axis.
 *
 * It follows a convolution with R·R filters, whose output then has the origin `R − 1 − origin`. No weights.
 * Throws `layer/bad-config` where the channels are no square or the origin is no cell of the window.
 * Source: Long 2016, §4.3.3; {@link regionTranspose}.
 */
export class RegionTranspose extends PixelwiseLayer<RegionTransposeConfig> {
  static readonly className = 'Pixelwise>RegionTranspose'

  override inferShape([pairs]: Shape[]): Shape {
    windowOfLayer(this.name, pairs, this.config.origin)
    return pairs
  }

  override forward([pairs]: Tensor[]): Tensor {
    const { origin, semiring = 'sumproduct' } = this.config
    return regionTranspose(pairs as Tensor4D, { origin, fill: semiringOf(semiring).zero })
  }
}

export const regionTransposeLayer: LayerPlugin<RegionTranspose> = {
  layer: RegionTranspose,
  spatialMap: (layer, [pairs]) => {
    const window = windowOfLayer(layer.name, pairs, layer.config.origin)
    return windowMap({ kernel: window, pad: layer.config.origin ?? centredOrigin(window) })
  },
}
