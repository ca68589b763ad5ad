import type { Message } from '../prototxt/message.js'

/** A parameter that a layer needs. */
export interface ParameterSpec {
  /** Caffe's shape. */
  readonly shape: readonly number[]
  /** How it starts where nothing is stored. */
  readonly filler?: Message
}
