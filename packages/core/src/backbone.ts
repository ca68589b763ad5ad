import type { LayersModel } from '@tensorflow/tfjs-layers'
import type { SpatialMap } from './geometry/spatial-map.js'
import type { Preprocessing } from './preprocessing.js'

/** A named feature map inside a backbone: where heads attach. */
export interface Tap {
  /** The name in the paper: `pool3`, `conv4_3`. */
  readonly name: string
  readonly channels: number
  /** Where its cells look in the image. */
  readonly map: SpatialMap
}

/**
 * All that a head may know of a backbone.
 *
 * `model` maps `[N, H, W, C]` images to one output per tap, in the order of `taps`, fine to coarse.
 */
export interface Backbone {
  readonly name: string
  readonly model: LayersModel
  readonly taps: readonly Tap[]
  readonly preprocessing: Preprocessing
}
