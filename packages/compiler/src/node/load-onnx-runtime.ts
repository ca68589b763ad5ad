import { PixelwiseError } from '@pixelwise/masks/shared'
import type { OnnxRuntime } from '../run/onnx-runtime.js'

/**
 * The ONNX Runtime of this Node, from the optional package `onnxruntime-node`.
 *
 * Throws `compiler/no-onnx-runtime` where it is not installed or cannot be started on this machine.
 */
export async function loadOnnxRuntime(): Promise<OnnxRuntime> {
  try {
    const module = await import('onnxruntime-node')
    // Its own types are wider in some places, narrower in none.
    const { InferenceSession, Tensor } = (module.default ?? module) as unknown as OnnxRuntime
    return { InferenceSession, Tensor, fillsResults: true }
  } catch (cause) {
    throw new PixelwiseError('compiler/no-onnx-runtime', {
      what: 'onnxruntime-node cannot be loaded',
      rule: 'compiled nets run on ONNX Runtime',
      next: 'run "npm install onnxruntime-node", or use EagerEngine',
      cause,
    })
  }
}
