import '@tensorflow/tfjs-backend-cpu'
import { PixelwiseError } from '@pixelwise/masks/shared'
import { type BackendWasm, getThreadsCount, setThreadsCount, setWasmPaths } from '@tensorflow/tfjs-backend-wasm'
import { backend, env, setBackend } from '@tensorflow/tfjs-core'
import { HeapGuard } from './heap-guard.js'
import { installKernels } from './kernels/index.js'
import type { ThreadShim } from './thread-shim.js'

/** How the wasm backend starts. */
export interface WasmOptions {
  /** Threads to compute with; as many as the machine and the platform allow when left out. */
  readonly threads?: number
  /** Where the `.wasm` files lie: a folder URL, or the URL of each file by its name. tfjs knows them in Node. */
  readonly wasmPaths?: Parameters<typeof setWasmPaths>[0]
  /** What the platform needs to run threads; without it, tfjs's own way is taken. */
  readonly threadShim?: ThreadShim
}

/** What the wasm backend started as. */
export interface WasmBackendInfo {
  readonly threads: number
  readonly simd: boolean
}

/**
 * Starts tfjs's wasm backend with the kernels that training needs, and makes it the current backend.
 *
 * Throws `wasm/threads` when `threads` is not a whole number from 1 to what the platform has.
 */
export async function startWasm({ threads, wasmPaths, threadShim }: WasmOptions = {}): Promise<WasmBackendInfo> {
  if (threads !== undefined) requireThreads(threads, threadShim?.available)
  installKernels()
  if (wasmPaths !== undefined) setWasmPaths(wasmPaths)
  const wanted = threads ?? threadShim?.available
  if (wanted !== undefined) setThreadsCount(wanted)
  const start = () => setBackend('wasm')
  const started = await (threadShim && wanted ? threadShim.startWithThreads(wanted, start) : start())
  if (!started) throw new Error('tfjs could not initialise its wasm backend')
  HeapGuard.of(backend() as BackendWasm)
  return { threads: getThreadsCount(), simd: Boolean(await env().getAsync('WASM_HAS_SIMD_SUPPORT')) }
}

function requireThreads(threads: number, available = Number.POSITIVE_INFINITY): void {
  if (Number.isInteger(threads) && threads >= 1 && threads <= available) return
  throw new PixelwiseError('wasm/threads', {
    what: `the wasm backend was asked for ${threads} threads`,
    rule:
      available === Number.POSITIVE_INFINITY
        ? 'a whole number from 1 up is needed'
        : `1 to ${available} are available here`,
    next: 'leave threads out to use them all',
  })
}
