import { compose, type LayerPlugin, PixelwiseLayer, type Shape, type SpatialMap, windowMap } from '@pixelwise/core'
import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core'
import type { Offsets } from '../algebra/add-pairs.js'
import type { ProductCrop } from '../algebra/multiply-pairs.js'
import type { SemiringName } from '../algebra/semirings.js'
import { regionClosure } from '../ops/region-closure.js'
import { centredOrigin } from '../pair-array.js'
import { windowOfLayer } from './window-of-layer.js'

/** Settings of `RegionClosure`. */
export interface RegionClosureConfig {
  /** Default `sumproduct`. */
  readonly semiring?: SemiringName
  /** Default `⌊R/2⌋`. */
  readonly origin?: number
  /** `same` (default) keeps the window, `full` lets every squaring make 2·K − 1 of K. */
  readonly crop?: Exclude<ProductCrop, 'grid'>
  /** How often 1 ⊕ p is multiplied by itself; 0 adds the identity alone. */
  readonly squarings: number
}

/**
 * (1 ⊕ p)^(2ⁿ), `[N, H, W, R·R]` → `[N, H, W, K·K]`: the sum over all paths of at most 2ⁿ steps. No weights; see
 * {@link regionClosure}.
 *
 * Throws `layer/bad-config` where the origin is no cell of the window, `layer/wrong-rank`, `regionClosure/bad-option`.
 * Source: Long 2016, §4.3.2.
 */
export class RegionClosure extends PixelwiseLayer<RegionClosureConfig> {
  static readonly className = 'Pixelwise>RegionClosure'

  override inferShape([pairs]: Shape[]): Shape {
    const windows = offsetsInTurn(this, pairs)
    return [pairs[0], pairs[1], pairs[2], windows[windows.length - 1].window ** 2]
  }

  override forward([pairs]: Tensor[]): Tensor {
    return regionClosure(pairs as Tensor4D, this.config)
  }
}

/** Window and origin before the first squaring and after each. */
function offsetsInTurn({ name, config }: RegionClosure, pairs: Shape): Offsets[] {
  const { origin, crop = 'same', squarings } = config
  const window = windowOfLayer(name, pairs, origin)
  const offsets: Offsets[] = [{ window, origin: origin ?? centredOrigin(window) }]
  for (let n = 0; n < squarings; n++) {
    const last = offsets[n]
    offsets.push(crop === 'same' ? last : { window: 2 * last.window - 1, origin: 2 * last.origin })
  }
  return offsets
}

export const regionClosureLayer: LayerPlugin<RegionClosure> = {
  layer: RegionClosure,
  spatialMap: (layer, [pairs]) => {
    const squarings = offsetsInTurn(layer, pairs).slice(0, -1)
    const maps = squarings.map(({ window, origin }) => windowMap({ kernel: window, pad: origin }))
    return maps.reduce<SpatialMap>((inner, outer) => compose(outer, inner), windowMap({ kernel: 1 }))
  },
}
