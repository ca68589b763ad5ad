import { type LayerPlugin, maxUnpool, PixelwiseLayer, type Shape, transposedWindowMap } from '@pixelwise/core'
import { cast, type Tensor, type Tensor4D } from '@tensorflow/tfjs-core'

export interface SwitchUpsamplingConfig {
  /** How many times larger the output is, rows and columns. */
  readonly factor: readonly [rows: number, columns: number]
  /** Taken off the enlarged size, or the size itself where `fixed`. */
  readonly less?: readonly [rows: number, columns: number]
  readonly fixed?: readonly [rows: number, columns: number]
}

/**
 * Puts pooled values back where a pooling found them, into a map of a stated size (SegNet's Upsample, DeconvNet's
 * Unpooling), where the map before the pooling is not at hand to give it.
 *
 * Inputs: values and switches `[N, h, w, C]` → `[N, factor·h − less, factor·w − less, C]`, float32.
 */
export class SwitchUpsampling extends PixelwiseLayer<SwitchUpsamplingConfig> {
  static readonly className = 'Pixelwise>CaffeSwitchUpsampling'

  override inferShape([[batch, height, width, channels]]: Shape[]): Shape {
    return [batch, this.#size(height, 0), this.#size(width, 1), channels]
  }

  override forward([values, switches]: Tensor[]): Tensor {
    const [, height, width] = values.shape as [number, number, number]
    const size = [this.#size(height, 0), this.#size(width, 1)] as [number, number]
    // tfjs feeds every model input as float32.
    return maxUnpool(values as Tensor4D, cast(switches as Tensor4D, 'int32'), size)
  }

  #size(size: number | null, axis: 0 | 1): number | null {
    const { factor, less = [0, 0], fixed } = this.config
    if (fixed !== undefined) return fixed[axis]
    return size === null ? null : size * factor[axis] - less[axis]
  }
}

export const switchUpsamplingLayer: LayerPlugin<SwitchUpsampling> = {
  layer: SwitchUpsampling,
  spatialMap: ({ config: { factor } }) => {
    const map = transposedWindowMap({ kernel: factor, stride: factor })
    return [map, map]
  },
}
