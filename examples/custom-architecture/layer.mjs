import { coreLayers, identityMap, LayerRegistry, PixelwiseLayer } from '@pixelwise/core'
import { pairwiseLayers } from '@pixelwise/pairwise-regions'
import { mul, sigmoid } from '@tensorflow/tfjs-core'
import { initializers } from '@tensorflow/tfjs-layers'

/**
 * x·σ(βx) with a β for each channel that is learnt: between a line (β = 0) and a ReLU (β → ∞).
 *
 * Shapes: `[N, H, W, C]` → the same, float32. Weights `[C]`, 1 at first.
 * Source: Ramachandran, Zoph and Le 2017, Searching for Activation Functions, §4.
 */
export class LearntSwish extends PixelwiseLayer {
  static className = 'Example>LearntSwish'

  build(inputShape) {
    this.addWeight('beta', [inputShape.at(-1)], 'float32', initializers.ones())
    this.built = true
  }

  inferShape([input]) {
    return input
  }

  forward([x]) {
    return mul(x, sigmoid(mul(x, this.weights[0].read())))
  }
}

/** The layer, and where it looks: each cell at itself. */
export const learntSwishLayer = { layer: LearntSwish, spatialMap: () => identityMap }

/** All layers that the models of this folder are made of; needed where they are loaded. */
export const layers = new LayerRegistry(coreLayers, pairwiseLayers, [learntSwishLayer])
