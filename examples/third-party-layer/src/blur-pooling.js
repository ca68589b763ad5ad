import { PixelwiseLayer, windowMap } from '@pixelwise/core'
import { depthwiseConv2d, div, reshape, tensor2d, tile } from '@tensorflow/tfjs-core'

/** Binomial weights of a 3×3 blur; they sum to 16. */
const binomial = [
  [1, 2, 1],
  [2, 4, 2],
  [1, 2, 1],
]

const window = { kernel: 3, pad: 1 }

/**
 * Downsampling that blurs first, so that a shift of the image by one pixel changes the result little.
 *
 * Shapes: `[N, H, W, C]` → `[N, ⌊(H − 1) / stride⌋ + 1, ⌊(W − 1) / stride⌋ + 1, C]`, float32. No weights.
 * Source: Zhang 2019, Making Convolutional Networks Shift-Invariant Again, §3.
 */
export class BlurPooling extends PixelwiseLayer {
  static className = 'Example>BlurPooling'

  inferShape([[batch, height, width, channels]]) {
    const reduced = (size) => (size === null ? null : Math.floor((size - 1) / this.config.stride) + 1)
    return [batch, reduced(height), reduced(width), channels]
  }

  forward([x]) {
    const filter = tile(reshape(div(tensor2d(binomial), 16), [3, 3, 1, 1]), [1, 1, x.shape[3], 1])
    const padding = [
      [0, 0],
      [window.pad, window.pad],
      [window.pad, window.pad],
      [0, 0],
    ]
    return depthwiseConv2d(x, filter, this.config.stride, padding)
  }
}

/** The layer and where it looks: all that Pixelwise needs to know of it. */
export const blurPoolingLayer = {
  layer: BlurPooling,
  spatialMap: (layer) => windowMap({ ...window, stride: layer.config.stride }),
}

/** What `pixelwise --plugin` looks for. */
export const layers = [blurPoolingLayer]
