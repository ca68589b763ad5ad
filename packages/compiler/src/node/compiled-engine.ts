import { PixelwiseError } from '@pixelwise/masks/shared'
import { CompiledEngine, type CompiledEngineOptions } from '../run/compiled-engine.js'
import { loadOnnxRuntime } from './load-onnx-runtime.js'

/**
 * The compiled engine on `onnxruntime-node`. Where that is not installed, it warns once and runs eagerly, or throws
 * `compiler/no-onnx-runtime` with `fallback: 'error'`.
 */
export async function compiledEngine(options: CompiledEngineOptions = {}): Promise<CompiledEngine> {
  try {
    return new CompiledEngine(await loadOnnxRuntime(), options)
  } catch (error) {
    if (!(error instanceof PixelwiseError) || options.fallback === 'error') throw error
    return new CompiledEngine(error, options)
  }
}
