import type { CaffeLayer, Feature } from './feature.js'
import type { Translation } from './translation.js'

/** Turns layers of one Caffe type into layers of the model. */
export interface LayerTranslator {
  /** One feature per top, in order. */
  translate(layer: CaffeLayer, inputs: readonly Feature[], net: Translation): readonly Feature[]
  /** The layer works on one input size only, so that the model is built for the size that the net names. */
  readonly fixedSize?: boolean
  /** Messages beyond Caffe's that such a layer may have in its text, such as `my_param`. */
  readonly messages?: readonly string[]
}
