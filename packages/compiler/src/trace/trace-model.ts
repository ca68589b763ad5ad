import type * as tf from '@tensorflow/tfjs-core'
import type { LayersModel } from '@tensorflow/tfjs-layers'
import { type TensorSignature, type Trace, type TraceOptions, trace } from './trace.js'

/** Traces a model's prediction (`training: false`) for inputs of the given shapes, named after the model's input layers. */
export function traceModel(
  model: LayersModel,
  signatures: readonly TensorSignature[],
  options: TraceOptions = {},
): Trace {
  const named = signatures.map((signature, i) => ({ name: model.inputs[i]?.sourceLayer.name, ...signature }))
  // On tensors, `apply` gives tensors; only on symbolic inputs does it give symbolic ones.
  return trace((...inputs) => model.apply(inputs, { training: false }) as tf.Tensor | tf.Tensor[], named, options)
}
