import { PixelwiseError } from '@pixelwise/masks/shared'
import * as tf from '@tensorflow/tfjs-core'
import type { BackendCandidate } from './candidate.js'
import type { ThreadShim } from './wasm/thread-shim.js'

/**
 * WebAssembly on the processor: runs wherever JavaScript does, nothing to download.
 *
 * @param threads what the platform needs to run threads, where tfjs's own way does not do
 */
export function wasmCandidate(threads?: () => ThreadShim): BackendCandidate {
  return {
    name: 'wasm',
    probe: async () => ({ available: true, details: {} }),
    async start(options) {
      const { startWasm } = await import('./wasm/start.js')
      const started = await startWasm({
        ...(options.threads === undefined ? {} : { threads: options.threads }),
        ...(options.wasmPath === undefined ? {} : { wasmPaths: options.wasmPath }),
        ...(threads === undefined ? {} : { threadShim: threads() }),
      }).catch((error) => {
        throw error instanceof PixelwiseError ? error : notStarted(error)
      })
      if (tf.getBackend() !== 'wasm') throw notStarted()
      return { details: { simd: started.simd }, threads: started.threads }
    },
  }
}

/** tfjs prints why it failed and throws or returns as if nothing were wrong. */
function notStarted(cause?: unknown): PixelwiseError {
  return new PixelwiseError('backend/failed-to-start', {
    what: 'backend "wasm" did not start',
    rule: 'its .wasm files did not load or did not compile, as tfjs printed above',
    next: 'in a browser, serve the files of @tensorflow/tfjs-backend-wasm/dist and pass their folder URL as wasmPath',
    cause,
  })
}
