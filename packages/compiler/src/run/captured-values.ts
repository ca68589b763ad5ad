import type * as tf from '@tensorflow/tfjs-core'
import type { ValueId } from '../graph/kernel-graph.js'
import type { OnnxTensorData } from './onnx-runtime.js'

/** The values of captured tensors as they are now. */
export async function readCaptured(captured: ReadonlyMap<ValueId, tf.Tensor>): Promise<Map<ValueId, OnnxTensorData>> {
  const values = new Map<ValueId, OnnxTensorData>()
  // Traced tensors are float32, int32 or bool.
  for (const [value, tensor] of captured) values.set(value, (await tensor.data()) as OnnxTensorData)
  return values
}
