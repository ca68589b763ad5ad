import { createRequire } from 'node:module'
import { availableParallelism } from 'node:os'
import { dirname, join } from 'node:path'
import { env } from '@tensorflow/tfjs-core'
import { threadLimit } from '../../../node/thread-limit.js'
import type { ThreadShim } from '../thread-shim.js'
import { wasmPoolWorker } from './node-pool-worker.js'

const require = createRequire(import.meta.url)

/** The C++ code makes no more threads than this. */
const poolSize = 8

/**
 * Threads for the wasm backend in Node.
 *
 * tfjs refuses threads in Node by a flag, hands its workers a blob URL, which Node's workers do not take, and uses at
 * most half of the cores it counts. While the backend starts, the flag is set, the worker class is ours, and twice the
 * wanted number of cores is reported; afterwards everything is as before. Throws the error of `threadLimit`.
 */
export function nodeThreads(): ThreadShim {
  return { available: Math.min(threadLimit() ?? availableParallelism(), poolSize), startWithThreads }
}

async function startWithThreads<T>(threads: number, start: () => Promise<T>): Promise<T> {
  env().set('WASM_HAS_MULTITHREAD_SUPPORT', threads > 1)
  const restore = threads > 1 ? [replaceWorker(threads - 1), reportCores(2 * threads)] : []
  const listeners = processListeners()
  try {
    return await start()
  } finally {
    for (const undo of restore) undo()
    removeListenersSince(listeners)
  }
}

/** The backend asks `worker_threads` for its worker class and leaves it in a global. */
function replaceWorker(count: number): () => void {
  const folder = dirname(require.resolve('@tensorflow/tfjs-backend-wasm/package.json'))
  const script = join(folder, 'wasm-out', 'tfjs-backend-wasm-threaded-simd.worker.js')
  const { wasmWorkerContents } = require(script) as { wasmWorkerContents: string }
  const mainScript = join(folder, 'wasm-out', 'tfjs-backend-wasm-threaded-simd.js')
  const threads = require('node:worker_threads') as { Worker: unknown }
  return replaceProperties([
    [threads, 'Worker', wasmPoolWorker(count, workerSource(wasmWorkerContents), mainScript)],
    [globalThis, 'Worker', undefined],
  ])
}

/** The package keeps the source in a template string that lost its escapes: line ends stand inside its strings. */
function workerSource(contents: string): string {
  return contents.replaceAll('\n', '\\n')
}

function reportCores(count: number): () => void {
  const os = require('node:os') as { cpus(): unknown[] }
  return replaceProperties([[os, 'cpus', () => new Array(count).fill({})]])
}

/** Sets properties and returns what puts the old ones back, absent ones included. */
function replaceProperties(changes: [target: object, name: string, value: unknown][]): () => void {
  const before = changes.map(([target, name]) => Object.getOwnPropertyDescriptor(target, name))
  for (const [target, name, value] of changes) {
    Object.defineProperty(target, name, { value, configurable: true, writable: true, enumerable: true })
  }
  return () =>
    changes.forEach(([target, name], i) => {
      const descriptor = before[i]
      if (descriptor) Object.defineProperty(target, name, descriptor)
      else Reflect.deleteProperty(target, name)
    })
}

const processEvents = ['uncaughtException', 'unhandledRejection'] as const

function processListeners() {
  return processEvents.map((event) => new Set(process.rawListeners(event)))
}

/** Emscripten's start-up rethrows every error of the process from listeners of its own, for which nobody asked. */
function removeListenersSince(before: Set<unknown>[]): void {
  processEvents.forEach((event, i) => {
    for (const listener of process.rawListeners(event)) {
      if (!before[i]!.has(listener)) process.removeListener(event, listener as () => void)
    }
  })
}
