import { threadLimit } from '@pixelwise/core/node'
import { PixelwiseError } from '@pixelwise/masks/shared'
import { CompiledEngine, type CompiledEngineOptions } from '../run/compiled-engine.js'
import { loadOnnxRuntime } from './load-onnx-runtime.js'
import { type MappedSessionsOptions, mappedSessions } from './mapped-sessions.js'
import { workerRuntime } from './worker-runtime.js'

export interface NodeEngineOptions extends CompiledEngineOptions {
  /**
   * Keeps optimised models in a folder, from which later sessions map their weights: `true` for the user's folder for
   * caches, or which folder, and how much. Default: nothing is kept. Prediction only.
   */
  readonly cache?: boolean | MappedSessionsOptions
  /** Computes in a thread of its own, so that the event loop stays free; made for prediction. Default false. */
  readonly worker?: boolean
}

/**
 * The compiled engine on `onnxruntime-node`. Where that is not installed, it warns once and runs eagerly, or throws
 * `compiler/no-onnx-runtime` with `fallback: 'error'`. Takes as many threads as `PIXELWISE_THREADS` says, if that is set.
 *
 * @example
 * const engine = await compiledEngine({ cache: true })
 */
export async function compiledEngine({
  cache = false,
  worker = false,
  ...given
}: NodeEngineOptions = {}): Promise<CompiledEngine> {
  const threads = threadLimit()
  const options = threads === undefined ? given : { intraOpNumThreads: threads, ...given }
  try {
    const runtime = await (worker ? workerRuntime() : loadOnnxRuntime())
    if (cache === false) return new CompiledEngine(runtime, options)
    return new CompiledEngine(runtime, { sessions: mappedSessions(runtime, cache === true ? {} : cache), ...options })
  } catch (error) {
    if (!(error instanceof PixelwiseError) || options.fallback === 'error') throw error
    return new CompiledEngine(error, options)
  }
}
