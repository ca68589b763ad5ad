import { identityMap, type LayerPlugin, PixelwiseLayer, type Shape } from '@pixelwise/core'
import { add, mul, reshape, type Tensor } from '@tensorflow/tfjs-core'
import { caffeShape, fromCaffe, toCaffe } from './axes.js'

export interface BroadcastConfig {
  readonly operation: 'multiply' | 'add'
  /** The first of Caffe's axes that the second input covers. */
  readonly axis: number
  /** How many of Caffe's axes the second input has. */
  readonly rank: number
}

/**
 * Multiplies a map by, or adds to it, a second input that has fewer axes (Caffe: Scale and Bias with two bottoms).
 *
 * Inputs: `[N, H, W, C]` and the second blob as a map; output like the first.
 */
export class Broadcast extends PixelwiseLayer<BroadcastConfig> {
  static readonly className = 'Pixelwise>CaffeBroadcast'

  override inferShape([input]: Shape[]): Shape {
    return input
  }

  override forward([x, factors]: Tensor[]): Tensor {
    const { operation, axis, rank } = this.config
    const sizes = caffeShape(factors.shape).slice(0, rank) as number[]
    const placed = [...Array(axis).fill(1), ...sizes, 1, 1, 1].slice(0, 4)
    const aligned = fromCaffe(reshape(toCaffe(factors), placed))
    return operation === 'multiply' ? mul(x, aligned) : add(x, aligned)
  }
}

export const broadcastLayer: LayerPlugin<Broadcast> = { layer: Broadcast, spatialMap: () => [identityMap, null] }
