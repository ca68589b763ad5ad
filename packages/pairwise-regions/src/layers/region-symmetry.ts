import { type LayerPlugin, PixelwiseLayer, type Shape, windowMap } from '@pixelwise/core'
import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core'
import { type Offsets, symmetricOffsets } from '../algebra/add-pairs.js'
import type { SemiringName } from '../algebra/semirings.js'
import { regionSymmetry } from '../ops/region-symmetry.js'
import { centredOrigin } from '../pair-array.js'
import { windowOfLayer } from './window-of-layer.js'

/** Settings of `RegionSymmetry`. */
export interface RegionSymmetryConfig {
  /** Default `sumproduct`. */
  readonly semiring?: SemiringName
  /** Default `⌊R/2⌋`. */
  readonly origin?: number
}

/**
 * p ⊕ pᵀ, `[N, H, W, R·R]` → `[N, H, W, K·K]`: as a graph, it becomes undirected. K is R for odd windows about their middle,
 * R + 1 for even ones. No weights; see {@link regionSymmetry}.
 *
 * Throws `layer/bad-config` where the origin is no cell of the window, and `layer/wrong-rank`. Source: Long 2016, §4.3.2.
 */
export class RegionSymmetry extends PixelwiseLayer<RegionSymmetryConfig> {
  static readonly className = 'Pixelwise>RegionSymmetry'

  override inferShape([pairs]: Shape[]): Shape {
    return [pairs[0], pairs[1], pairs[2], offsetsAfter(this, pairs).window ** 2]
  }

  override forward([pairs]: Tensor[]): Tensor {
    return regionSymmetry(pairs as Tensor4D, this.config)
  }
}

function offsetsAfter({ name, config }: RegionSymmetry, pairs: Shape): Offsets {
  const window = windowOfLayer(name, pairs, config.origin)
  return symmetricOffsets({ window, origin: config.origin ?? centredOrigin(window) })
}

export const regionSymmetryLayer: LayerPlugin<RegionSymmetry> = {
  layer: RegionSymmetry,
  spatialMap: ({ name, config }, [pairs]) => {
    const window = windowOfLayer(name, pairs, config.origin)
    // Of the others, those count that have the region's own cell in their window.
    return windowMap({ kernel: window, pad: window - 1 - (config.origin ?? centredOrigin(window)) })
  },
}
