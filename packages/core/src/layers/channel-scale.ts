import { add, mul, type Tensor } from '@tensorflow/tfjs-core'
import { initializers } from '@tensorflow/tfjs-layers'
import { identityMap } from '../geometry/spatial-map.js'
import { type LayerPlugin, PixelwiseLayer, type Shape } from './pixelwise-layer.js'

/** Settings of `ChannelScale`. */
export interface ChannelScaleConfig {
  /** The multiplier every channel starts with. Default 1. */
  readonly value?: number
  /** Adds a bias per channel, starting at zero. Default false. */
  readonly bias?: boolean
}

/**
 * Multiplies every channel by its own weight (Caffe: Scale), `[N, H, W, C]` → the same; weights `[C]` and `[C]`.
 *
 * FCN-8s trained at once scales its skips by 0.01 and 0.0001, fixed: build it with `trainable: false`.
 * Source: the published net voc-fcn8s-atonce; Shelhamer, Long and Darrell 2017.
 */
export class ChannelScale extends PixelwiseLayer<ChannelScaleConfig> {
  static readonly className = 'Pixelwise>ChannelScale'

  override build(inputShape: Shape | Shape[]): void {
    const channels = (inputShape as Shape).at(-1)!
    this.addWeight('scale', [channels], 'float32', initializers.constant({ value: this.config.value ?? 1 }))
    if (this.config.bias) this.addWeight('bias', [channels], 'float32', initializers.zeros())
    this.built = true
  }

  override inferShape([input]: Shape[]): Shape {
    return input
  }

  override forward([x]: Tensor[]): Tensor {
    const [scale, bias] = this.weights.map((weight) => weight.read())
    const scaled = mul(x, scale)
    return bias === undefined ? scaled : add(scaled, bias)
  }
}

export const channelScaleLayer: LayerPlugin<ChannelScale> = { layer: ChannelScale, spatialMap: () => identityMap }
