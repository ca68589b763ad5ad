import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core'
import { bothAxes, type SpatialMap } from '../geometry/spatial-map.js'
import { type ResizeConvention, resizeBilinear } from '../ops/resize-bilinear.js'
import { type LayerPlugin, PixelwiseLayer, type Shape } from './pixelwise-layer.js'

/** Settings of `ResizeLike`. */
export interface ResizeLikeConfig {
  /** Where the output's cells lie between the input's. Default `half-pixel`. Wrapped in `{name}`: tfjs rewrites bare strings. */
  readonly convention?: { readonly name: ResizeConvention }
}

/**
 * Resizes a map to the height and width of a reference by bilinear interpolation.
 *
 * Shapes: x `[N, H, W, C]`, reference `[N, h, w, …]` → `[N, h, w, C]`, float32.
 * `half-pixel` is PyTorch's default and OpenCV's rule, `asymmetric` old TensorFlow's (and Keras-FCN's), `align-corners`
 * DeepLab's.
 */
export class ResizeLike extends PixelwiseLayer<ResizeLikeConfig> {
  static readonly className = 'Pixelwise>ResizeLike'

  override inferShape([x, reference]: Shape[]): Shape {
    return [x[0], reference[1], reference[2], x[3]]
  }

  override forward([x, reference]: Tensor[]): Tensor {
    const [, height, width] = reference.shape
    return resizeBilinear(x as Tensor4D, [height, width], { convention: this.convention })
  }

  /** Where the samples of both maps lie; `half-pixel` unless told. */
  get convention(): ResizeConvention {
    return this.config.convention?.name ?? 'half-pixel'
  }
}

export const resizeLikeLayer: LayerPlugin<ResizeLike> = {
  layer: ResizeLike,
  spatialMap: ({ convention }, [x, reference]) => [resizeMap(convention, x, reference), null],
}

/** Output cell j reads the two input cells around `offset + stride·j`; null while a size is free. */
function resizeMap(convention: ResizeConvention, x: Shape, reference: Shape): SpatialMap | null {
  if ([x[1], x[2], reference[1], reference[2]].includes(null)) return null
  return bothAxes((axis) => {
    const [size, target] = [x[axis + 1]!, reference[axis + 1]!]
    const aligned = convention === 'align-corners' && target > 1
    const stride = aligned ? (size - 1) / (target - 1) : size / target
    return { kernel: 3, stride, offset: convention === 'half-pixel' ? stride / 2 - 0.5 : 0 }
  })
}
