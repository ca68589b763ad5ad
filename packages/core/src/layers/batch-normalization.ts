import { add, mul, type Tensor, type Tensor1D, type Tensor4D } from '@tensorflow/tfjs-core'
import { initializers } from '@tensorflow/tfjs-layers'
import { identityMap } from '../geometry/spatial-map.js'
import { batchNormalization, batchNormalizationTraining } from '../ops/batch-normalization.js'
import { type LayerPlugin, PixelwiseLayer, type Shape } from './pixelwise-layer.js'

/** Settings of `BatchNormalization`. */
export interface BatchNormalizationConfig {
  /** Learn a multiplier per channel. Default true. */
  readonly scale?: boolean
  /** Learn a bias per channel. Default true. */
  readonly centre?: boolean
  /** Default 1e-5, as in Caffe. */
  readonly epsilon?: number
  /** How much of the old moving average a training step keeps. Default 0.99. */
  readonly momentum?: number
}

/**
 * Batch normalisation that trains with any of scale and centre left out (tfjs's own layer does not).
 *
 * While training it uses the moments of the batch (biased variance) and moves the averages towards them; otherwise it
 * uses the averages. Shapes: `[N, H, W, C]` → the same; weights of length C: scale, centre (where chosen), moving mean,
 * moving variance. Source: Ioffe and Szegedy 2015.
 */
export class BatchNormalization extends PixelwiseLayer<BatchNormalizationConfig> {
  static readonly className = 'Pixelwise>BatchNormalization'

  override build(inputShape: Shape | Shape[]): void {
    const shape = [(inputShape as Shape).at(-1)!]
    const { scale = true, centre = true } = this.config
    const [zeros, ones] = [initializers.zeros(), initializers.ones()]
    if (scale) this.addWeight('scale', shape, 'float32', ones)
    if (centre) this.addWeight('centre', shape, 'float32', zeros)
    this.addWeight('movingMean', shape, 'float32', zeros, undefined, false)
    this.addWeight('movingVariance', shape, 'float32', ones, undefined, false)
    this.built = true
  }

  override inferShape([input]: Shape[]): Shape {
    return input
  }

  override forward([x]: Tensor[], training: boolean): Tensor {
    const { epsilon = 1e-5, momentum = 0.99, scale: hasScale = true, centre: hasCentre = true } = this.config
    const learned = this.trainableParameters.map((weight) => weight.read() as Tensor1D)
    const scale = hasScale ? learned[0] : undefined
    const centre = hasCentre ? learned[hasScale ? 1 : 0] : undefined
    const [movingMean, movingVariance] = this.weights.slice(-2)
    if (!training) {
      const mean = movingMean.read() as Tensor1D
      const variance = movingVariance.read() as Tensor1D
      return batchNormalization(x as Tensor4D, { mean, variance, scale, centre, epsilon })
    }
    const { output, mean, variance } = batchNormalizationTraining(x as Tensor4D, { scale, centre, epsilon })
    movingMean.write(blend(movingMean.read(), mean, momentum))
    movingVariance.write(blend(movingVariance.read(), variance, momentum))
    return output
  }

  /** Scale and centre, whether or not the layer is frozen. */
  private get trainableParameters() {
    return this.weights.slice(0, -2)
  }
}

function blend(old: Tensor, batch: Tensor, momentum: number): Tensor {
  return add(mul(old, momentum), mul(batch, 1 - momentum))
}

export const batchNormalizationLayer: LayerPlugin<BatchNormalization> = {
  layer: BatchNormalization,
  spatialMap: () => identityMap,
}
