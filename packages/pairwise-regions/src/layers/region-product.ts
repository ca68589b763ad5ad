import { identityMap, type LayerPlugin, PixelwiseLayer, type Shape, windowMap } from '@pixelwise/core'
import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core'
import { keptWindow, type ProductCrop } from '../algebra/multiply-pairs.js'
import type { SemiringName } from '../algebra/semirings.js'
import { regionProduct } from '../ops/region-product.js'
import { centredOrigin } from '../pair-array.js'
import { windowOfLayer } from './window-of-layer.js'

/** Settings of `RegionProduct`. */
export interface RegionProductConfig {
  /** Default `sumproduct`. */
  readonly semiring?: SemiringName
  /** Origins of the two factors. Default: the centres of their windows. */
  readonly origins?: readonly [number, number]
  /** `full` (default): a window of R₁ + R₂ − 1; `same`: that of the first factor. */
  readonly crop?: Exclude<ProductCrop, 'grid'>
}

/**
 * The matrix product of two arrays of pairs, `[N, H, W, R₁·R₁]` and `[N, H, W, R₂·R₂]` → `[N, H, W, K·K]`: paths of a step
 * of the first and a step of the second. No weights; see {@link regionProduct} for its gradient.
 *
 * Throws `layer/bad-config` where an origin is no cell of its window, and `layer/wrong-rank`. Source: Long 2016, §4.3.2.
 */
export class RegionProduct extends PixelwiseLayer<RegionProductConfig> {
  static readonly className = 'Pixelwise>RegionProduct'

  override inferShape([left, right]: Shape[]): Shape {
    const { crop = 'full', origins } = this.config
    const windows = [
      windowOfLayer(this.name, left, origins?.[0]),
      windowOfLayer(this.name, right, origins?.[1]),
    ] as const
    // Only the crop `grid` asks for the grid.
    const kept = keptWindow(crop, { rows: 1, columns: 1, windows, origins: originsOf(this, windows) })
    return [left[0], left[1], left[2], kept.window ** 2]
  }

  override forward([left, right]: Tensor[]): Tensor {
    return regionProduct(left as Tensor4D, right as Tensor4D, this.config)
  }
}

function originsOf({ config }: RegionProduct, windows: readonly [number, number]): readonly [number, number] {
  return config.origins ?? [centredOrigin(windows[0]), centredOrigin(windows[1])]
}

export const regionProductLayer: LayerPlugin<RegionProduct> = {
  layer: RegionProduct,
  spatialMap: (layer, [left, right]) => {
    const windows = [windowOfLayer(layer.name, left), windowOfLayer(layer.name, right)] as const
    // The first step starts at the region itself, the second at the cells of its window.
    return [identityMap, windowMap({ kernel: windows[0], pad: originsOf(layer, windows)[0] })]
  },
  multiplyAdds: (layer, [left, right]) => {
    const cells = (left[1] ?? Number.NaN) * (left[2] ?? Number.NaN)
    return cells * windowOfLayer(layer.name, left) ** 2 * windowOfLayer(layer.name, right) ** 2
  },
}
