import type { Tensor4D } from '@tensorflow/tfjs-core'
import { at, windowMap } from '../geometry/spatial-map.js'
import { convolution } from '../ops/convolution.js'
import { type FilterConfig, FilterLayer, filterMultiplyAdds } from './filter-layer.js'
import type { LayerPlugin } from './pixelwise-layer.js'
import { convolvedSize } from './sizes.js'

/** Settings of `Convolution`. */
export type ConvolutionConfig = FilterConfig

/**
 * Convolution as Caffe defines it: any stride, symmetric zero padding, dilation and groups together, and a gradient in
 * every case (tfjs's own layer has none under dilation).
 *
 * Shapes: `[N, H, W, C]` → `[N, h, w, filters]` with h = ⌊(H + 2·pad − (dilation·(kernel − 1) + 1)) / stride⌋ + 1;
 * weights `[kh, kw, C/groups, filters]` and `[filters]`, float32.
 */
export class Convolution extends FilterLayer {
  static readonly className = 'Pixelwise>Convolution'
  protected override readonly outputSize = convolvedSize

  protected override filterOf(channels: number) {
    const { filters, kernel, groups = 1 } = this.config
    const shape = [at(kernel, 0), at(kernel, 1), channels / groups, filters]
    return { shape, fanIn: shape[0] * shape[1] * shape[2] }
  }

  /** The convolution of input and filter, before bias and activation. */
  protected override slide(x: Tensor4D, filter: Tensor4D): Tensor4D {
    const { stride, pad, dilation, groups } = this.config
    return convolution(x, filter, { stride, pad, dilation, groups })
  }
}

export const convolutionLayer: LayerPlugin<Convolution> = {
  layer: Convolution,
  spatialMap: ({ config }) => windowMap(config),
  multiplyAdds: (layer, _inputs, output) => filterMultiplyAdds(layer, output),
}
