import { identityMap, type LayerPlugin, PixelwiseLayer, type Shape } from '@pixelwise/core'
import { div, exp, max, sub, sum, type Tensor } from '@tensorflow/tfjs-core'

export interface AxisSoftmaxConfig {
  /** The axis of `[N, H, W, C]` along which values become probabilities. */
  readonly axis: number
}

/** Softmax along any axis, `[N, H, W, C]` → the same; the largest value is taken off first, as in Caffe. */
export class AxisSoftmax extends PixelwiseLayer<AxisSoftmaxConfig> {
  static readonly className = 'Pixelwise>CaffeAxisSoftmax'

  override inferShape([input]: Shape[]): Shape {
    return input
  }

  override forward([x]: Tensor[]): Tensor {
    const { axis } = this.config
    const powers = exp(sub(x, max(x, axis, true)))
    return div(powers, sum(powers, axis, true))
  }
}

export const axisSoftmaxLayer: LayerPlugin<AxisSoftmax> = {
  layer: AxisSoftmax,
  spatialMap: ({ config }) => (config.axis === 3 ? identityMap : null),
}
