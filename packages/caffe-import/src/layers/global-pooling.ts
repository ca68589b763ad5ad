import { type LayerPlugin, PixelwiseLayer, type Shape } from '@pixelwise/core'
import { max, mean, type Tensor } from '@tensorflow/tfjs-core'

export interface GlobalPoolingConfig {
  readonly operation: 'max' | 'mean'
}

/** One value per channel from the whole map, whatever its size: `[N, H, W, C]` → `[N, 1, 1, C]`. */
export class GlobalPooling extends PixelwiseLayer<GlobalPoolingConfig> {
  static readonly className = 'Pixelwise>CaffeGlobalPooling'

  override inferShape([[batch, , , channels]]: Shape[]): Shape {
    return [batch, 1, 1, channels]
  }

  override forward([x]: Tensor[]): Tensor {
    return this.config.operation === 'max' ? max(x, [1, 2], true) : mean(x, [1, 2], true)
  }
}

export const globalPoolingLayer: LayerPlugin<GlobalPooling> = { layer: GlobalPooling, spatialMap: () => null }
