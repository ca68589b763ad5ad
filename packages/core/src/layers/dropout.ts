import type { Tensor } from '@tensorflow/tfjs-core'
import { identityMap } from '../geometry/spatial-map.js'
import { dropout } from '../ops/dropout.js'
import { currentMasks } from '../randomness.js'
import { badConfig } from './check-config.js'
import { type LayerArguments, type LayerPlugin, PixelwiseLayer, type Shape } from './pixelwise-layer.js'

/** Settings of `Dropout`. */
export interface DropoutConfig {
  /** Probability of a value being dropped, 0 ≤ rate < 1. */
  readonly rate: number
}

/**
 * Dropout whose masks are seeded per step: zeroes values while training and scales the rest by 1/(1 − rate).
 *
 * tfjs's own seeded layer draws the same mask at every call; this one asks the mask source of the step (`withMasks`).
 * Shapes: any → the same, float32. Throws `layer/bad-config`. Source: Srivastava et al. 2014; Caffe's scaling.
 */
export class Dropout extends PixelwiseLayer<DropoutConfig> {
  static readonly className = 'Pixelwise>Dropout'

  constructor(args: DropoutConfig & LayerArguments) {
    super(args)
    const { rate } = this.config
    if (rate >= 0 && rate < 1) return
    throw badConfig(this.name, `rate ${JSON.stringify(rate)}`, 'rate is a number, at least 0 and below 1')
  }

  override inferShape([input]: Shape[]): Shape {
    return input
  }

  override forward([x]: Tensor[], training: boolean): Tensor {
    const { rate } = this.config
    if (!training || rate === 0) return x.clone()
    return dropout(x, currentMasks().dropoutMask(this.name, x.shape, rate), rate)
  }
}

export const dropoutLayer: LayerPlugin<Dropout> = { layer: Dropout, spatialMap: () => identityMap }
