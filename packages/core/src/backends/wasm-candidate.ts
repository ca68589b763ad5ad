import { activate } from './activate.js'
import type { BackendCandidate } from './candidate.js'

/** WebAssembly on the processor: runs wherever JavaScript does, nothing to download. */
export const wasm: BackendCandidate = {
  name: 'wasm',
  probe: async () => ({ available: true, details: {} }),
  async start({ threads, wasmPath }) {
    const { getThreadsCount, setThreadsCount, setWasmPaths } = await import('@tensorflow/tfjs-backend-wasm')
    if (threads !== undefined) setThreadsCount(threads)
    if (wasmPath !== undefined) setWasmPaths(wasmPath)
    await activate('wasm')
    return { details: {}, threads: getThreadsCount() }
  },
}
