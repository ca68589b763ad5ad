import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core'
import { transposedWindowMap } from '../geometry/spatial-map.js'
import { bilinearUpsample } from '../ops/bilinear-filter.js'
import { type LayerPlugin, PixelwiseLayer, type Shape } from './pixelwise-layer.js'
import { transposedSize } from './sizes.js'

/** Settings of `BilinearUpsampling`. */
export interface BilinearUpsamplingConfig {
  /** How many times larger the output is. */
  readonly factor: number
  /** Width of the interpolation filter. Default 2·factor − factor mod 2: 64 for 32, 63 would also do. */
  readonly kernel?: number
}

/**
 * Upsampling by fixed bilinear interpolation: the transposed convolution of FCNs whose filter never learns.
 *
 * It has no weights: the filter follows from the factor, and each channel is interpolated by itself (Caffe stores a
 * C×C kernel of which only the diagonal is not zero). For one that learns, use `TransposedConvolution` with
 * `start: 'bilinear'`.
 *
 * Shapes: `[N, H, W, C]` → `[N, factor·(H − 1) + kernel, factor·(W − 1) + kernel, C]`, float32.
 * Source: Long 2016, §3.2.3.
 */
export class BilinearUpsampling extends PixelwiseLayer<BilinearUpsamplingConfig> {
  static readonly className = 'Pixelwise>BilinearUpsampling'

  override inferShape([[batch, height, width, channels]]: Shape[]): Shape {
    const size = (input: number | null) =>
      transposedSize(input, { kernel: this.kernel, stride: this.config.factor, pad: 0, dilation: 1 })
    return [batch, size(height), size(width), channels]
  }

  override forward([x]: Tensor[]): Tensor {
    return bilinearUpsample(x as Tensor4D, this.config.factor, { size: this.kernel })
  }

  /** The width of the filter. */
  get kernel(): number {
    const { factor, kernel = 2 * factor - (factor % 2) } = this.config
    return kernel
  }
}

export const bilinearUpsamplingLayer: LayerPlugin<BilinearUpsampling> = {
  layer: BilinearUpsampling,
  spatialMap: ({ config, kernel }) => transposedWindowMap({ kernel, stride: config.factor }),
}
