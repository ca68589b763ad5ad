import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core'
import { translation } from '../geometry/spatial-map.js'
import { crop } from '../ops/crop.js'
import { type LayerPlugin, PixelwiseLayer, type Shape } from './pixelwise-layer.js'

/** Settings of `CropLike`. */
export interface CropLikeConfig {
  /** Rows and columns skipped at the top left, in cells of the score map. */
  readonly offset: readonly [number, number]
}

/**
 * Cuts a score map to the size of a reference map.
 *
 * An FCN pads its input so that small images survive five poolings; upsampling then covers more than the image.
 * The offset at which both align is solved from the net's geometry (`alignmentOffset`), never chosen by hand.
 *
 * Shapes: scores `[N, H, W, C]`, reference `[N, h, w, …]` → `[N, h, w, C]`, float32.
 * Throws `crop/does-not-fit` when `offset + (h, w)` exceeds `(H, W)`.
 * Source: Long 2016, §3.3.1; Caffe's Crop layer on axis 2.
 */
export class CropLike extends PixelwiseLayer<CropLikeConfig> {
  static readonly className = 'Pixelwise>CropLike'

  override inferShape([scores, reference]: Shape[]): Shape {
    return [scores[0], reference[1], reference[2], scores[3]]
  }

  override forward([scores, reference]: Tensor[]): Tensor {
    const [, height, width] = reference.shape
    return crop(scores as Tensor4D, this.config.offset, [height, width])
  }
}

export const cropLikeLayer: LayerPlugin<CropLike> = {
  layer: CropLike,
  spatialMap: ({ config }) => [translation(config.offset), null],
}
