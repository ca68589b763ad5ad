import { identityMap, type LayerPlugin, PixelwiseLayer, type Shape } from '@pixelwise/core'
import { add, mul, type Tensor } from '@tensorflow/tfjs-core'
import { initializers } from '@tensorflow/tfjs-layers'

export interface BroadcastAffineConfig {
  /** Shape of the weights, `[N, H, W, C]` with 1 along the axes that share them. */
  readonly shape: readonly number[]
  /** Multiply. Default true. */
  readonly scale?: boolean
  /** Add. Default false. */
  readonly bias?: boolean
}

/** Multiplies and shifts along any axes (Caffe: Scale and Bias with any `axis` and `num_axes`), `[N, H, W, C]` → the same. */
export class BroadcastAffine extends PixelwiseLayer<BroadcastAffineConfig> {
  static readonly className = 'Pixelwise>CaffeBroadcastAffine'

  override build(): void {
    const { shape, scale = true, bias = false } = this.config
    if (scale) this.addWeight('scale', [...shape], 'float32', initializers.ones())
    if (bias) this.addWeight('bias', [...shape], 'float32', initializers.zeros())
    this.built = true
  }

  override inferShape([input]: Shape[]): Shape {
    return input
  }

  override forward([x]: Tensor[]): Tensor {
    const { scale = true, bias = false } = this.config
    const values = this.weights.map((weight) => weight.read())
    const scaled = scale ? mul(x, values[0]) : x
    return bias ? add(scaled, values[values.length - 1]) : scaled
  }
}

export const broadcastAffineLayer: LayerPlugin<BroadcastAffine> = {
  layer: BroadcastAffine,
  spatialMap: () => identityMap,
}
