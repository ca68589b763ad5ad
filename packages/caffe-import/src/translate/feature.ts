import type { PerAxis, Shape } from '@pixelwise/core'
import type { SymbolicTensor } from '@tensorflow/tfjs-layers'
import type { RearrangeConfig } from '../layers/rearrange.js'
import type { GraphLayer } from '../net/graph.js'

/** A blob of the net as it stands in the model. */
export interface Feature {
  readonly tensor: SymbolicTensor
  /** How many of Caffe's axes it has; the axes beyond have size 1. */
  readonly rank: number
  /** `[N, H, W, C]` for the input size that the net names; null where that is not known. */
  readonly shape: Shape
  /** For the switches of a max pooling: what was pooled and how. */
  readonly pooled?: PooledFeature
  /** For a blob of more than four axes, which is no map: what it is made of, and how (see `Rearrange`). */
  readonly putOff?: { readonly input: Feature; readonly steps: RearrangeConfig['steps'] }
}

export interface PooledFeature {
  readonly input: Feature
  readonly window: PerAxis
  readonly stride: PerAxis
  readonly pad: PerAxis
}

/** A layer to translate, and what its layers in the model are called. */
export interface CaffeLayer extends GraphLayer {
  /** The layer's name, changed where tfjs forbids it or another layer has it. */
  readonly modelName: string
}
