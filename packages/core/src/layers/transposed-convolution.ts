import type { Tensor4D } from '@tensorflow/tfjs-core'
import { at, transposedWindowMap } from '../geometry/spatial-map.js'
import { transposedConvolution } from '../ops/transposed-convolution.js'
import { type FilterConfig, FilterLayer, filterMultiplyAdds } from './filter-layer.js'
import type { LayerPlugin } from './pixelwise-layer.js'
import { transposedSize } from './sizes.js'

/** As for a convolution; `start: 'bilinear'` makes it an interpolation that may go on learning. */
export type TransposedConvolutionConfig = FilterConfig

/**
 * Transposed convolution (Caffe: Deconvolution), the learnable upsampling of FCNs.
 *
 * Shapes: `[N, H, W, C]` → `[N, h, w, filters]` with h = stride·(H − 1) + dilation·(kernel − 1) + 1 − 2·pad; weights
 * `[kh, kw, filters/groups, C]` and `[filters]`, float32.
 * Source: Long 2016, §3.2.3.
 */
export class TransposedConvolution extends FilterLayer {
  static readonly className = 'Pixelwise>TransposedConvolution'
  protected override readonly outputSize = transposedSize

  protected override filterOf(channels: number) {
    const { filters, kernel, stride = 1, groups = 1 } = this.config
    const shape = [at(kernel, 0), at(kernel, 1), filters / groups, channels]
    // Strides spread each input over kernel/stride outputs, so an output sums that fraction of the kernel.
    const taps = (shape[0] * shape[1]) / (at(stride, 0) * at(stride, 1))
    return { shape, fanIn: taps * (channels / groups) }
  }

  /** The transposed convolution of input and filter, before bias and activation. */
  protected override slide(x: Tensor4D, filter: Tensor4D): Tensor4D {
    const { stride, pad, dilation, groups } = this.config
    return transposedConvolution(x, filter, { stride, pad, dilation, groups })
  }
}

export const transposedConvolutionLayer: LayerPlugin<TransposedConvolution> = {
  layer: TransposedConvolution,
  spatialMap: ({ config }) => transposedWindowMap(config),
  multiplyAdds: (layer, [input]) => filterMultiplyAdds(layer, input),
}
