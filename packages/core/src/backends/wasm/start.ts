import { getThreadsCount, setThreadsCount } from '@tensorflow/tfjs-backend-wasm'
import { env, getBackend, setBackend } from '@tensorflow/tfjs-core'
import { installKernels } from './kernels/index.js'

export interface WasmOptions {
  readonly threads?: number
}
export async function startWasm(options: WasmOptions = {}): Promise<{ threads: number; simd: boolean }> {
  installKernels()
  if (options.threads) setThreadsCount(options.threads)
  if (getBackend() !== 'wasm') await setBackend('wasm')
  return { threads: getThreadsCount(), simd: Boolean(await env().getAsync('WASM_HAS_SIMD_SUPPORT')) }
}
