import type { ThreadShim } from './wasm/thread-shim.js'

/** The part of a page or worker that threads need. */
interface BrowserScope {
  readonly crossOriginIsolated?: boolean
  readonly navigator?: { readonly hardwareConcurrency?: number }
}

/** tfjs's wasm module computes with this many threads at most, whatever it is asked for. */
const mostThreads = 8

/**
 * Threads for the wasm backend in a page or worker.
 *
 * Browsers share memory between threads only where the page is cross-origin isolated. There, tfjs counts the cores and
 * uses half of them at most; so twice the wanted number is reported while the backend starts.
 */
export function browserThreads(): ThreadShim {
  const { crossOriginIsolated, navigator } = globalThis as unknown as BrowserScope
  const cores = crossOriginIsolated ? (navigator?.hardwareConcurrency ?? 1) : 1
  return {
    available: Math.min(cores, mostThreads),
    startWithThreads: (threads, start) =>
      navigator === undefined || threads === 1 ? start() : reportingCores(navigator, 2 * threads, start),
  }
}

async function reportingCores<T>(navigator: object, cores: number, work: () => Promise<T>): Promise<T> {
  Object.defineProperty(navigator, 'hardwareConcurrency', { value: cores, configurable: true })
  try {
    return await work()
  } finally {
    Reflect.deleteProperty(navigator, 'hardwareConcurrency')
  }
}
