import { cast, type Tensor, type Tensor4D } from '@tensorflow/tfjs-core'
import { at, type PerAxis, transposedWindowMap } from '../geometry/spatial-map.js'
import { maxUnpool } from '../ops/max-pool-with-switches.js'
import { type LayerPlugin, PixelwiseLayer, type Shape } from './pixelwise-layer.js'

/** Settings of `MaxUnpooling`. */
export interface MaxUnpoolingConfig {
  /** The pooling that is undone. */
  readonly window: PerAxis
  readonly stride?: PerAxis
  readonly pad?: PerAxis
}

/**
 * Puts pooled values back where they came from, zeros elsewhere.
 *
 * Inputs: values and switches `[N, h, w, C]` (the two outputs of `MaxPoolingWithSwitches`) and a reference
 * `[N, H, W, …]` of the size before pooling; output `[N, H, W, C]`. The reference settles odd sizes, which pooling rounds.
 * Source: Noh et al. 2015 (DeconvNet), §3.1.
 */
export class MaxUnpooling extends PixelwiseLayer<MaxUnpoolingConfig> {
  static readonly className = 'Pixelwise>MaxUnpooling'

  override inferShape([values, , reference]: Shape[]): Shape {
    return [values[0], reference[1], reference[2], values[3]]
  }

  override forward([values, switches, reference]: Tensor[]): Tensor {
    const [, height, width] = reference.shape
    // tfjs feeds every model input as float32.
    return maxUnpool(values as Tensor4D, cast(switches as Tensor4D, 'int32'), [height, width])
  }
}

export const maxUnpoolingLayer: LayerPlugin<MaxUnpooling> = {
  layer: MaxUnpooling,
  spatialMap: ({ config: { window, stride = window, pad } }) => {
    const map = transposedWindowMap({ kernel: [at(window, 0), at(window, 1)], stride, pad })
    return [map, map, null]
  },
}
