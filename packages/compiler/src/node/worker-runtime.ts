import { createRequire } from 'node:module'
import { Worker } from 'node:worker_threads'
import type { OnnxRuntime, OnnxRuntimeTensor, OnnxSession } from '../run/onnx-runtime.js'
import { loadOnnxRuntime } from './load-onnx-runtime.js'

/**
 * The ONNX Runtime of this Node in a thread of its own, so that timers and connections are served while it computes.
 *
 * Inputs are copied to the thread and results handed over without a copy: made for prediction; training would copy the
 * weights at every step. The thread ends with the process, and keeps none alive while it has nothing to do.
 * Throws `compiler/no-onnx-runtime` where `onnxruntime-node` is not installed.
 */
export async function workerRuntime(): Promise<OnnxRuntime> {
  const { Tensor } = await loadOnnxRuntime() // here too, for its tensors and for the error where there is none
  const thread = new RuntimeThread()
  return {
    Tensor,
    InferenceSession: {
      create: async (model, options): Promise<OnnxSession> => {
        const session = await thread.call('create', [model, options])
        return {
          run: async (feeds) => {
            const plain = Object.entries(feeds).map(([name, { type, data, dims }]) => [name, { type, data, dims }])
            // What `serve` answers to "run".
            return (await thread.call('run', [session, Object.fromEntries(plain)])) as Record<string, OnnxRuntimeTensor>
          },
          release: async () => void (await thread.call('release', [session])),
        }
      },
    },
  }
}

interface Pending {
  resolve(result: unknown): void
  reject(error: Error): void
}

/** What the thread answers. */
interface Answer {
  readonly id: number
  readonly result?: unknown
  readonly error?: string
}

class RuntimeThread {
  readonly #worker: Worker
  readonly #pending = new Map<number, Pending>()
  #count = 0
  #ended: Error | undefined

  constructor() {
    const runtime = createRequire(import.meta.url).resolve('onnxruntime-node')
    // The program is a function's text, as bundlers would lose a file that only a path names.
    this.#worker = new Worker(`(${serve})()`, { eval: true, workerData: { runtime } })
    this.#worker.on('message', ({ id, result, error }: Answer) => {
      const call = this.#pending.get(id)
      this.#settle(id)
      if (error === undefined) call?.resolve(result)
      else call?.reject(new Error(error))
    })
    this.#worker.on('error', (error) => this.#end(error))
    this.#worker.on('exit', (code) => this.#end(new Error(`the thread of ONNX Runtime ended with code ${code}`)))
    this.#worker.unref()
  }

  call(name: string, args: readonly unknown[]): Promise<unknown> {
    if (this.#ended !== undefined) return Promise.reject(this.#ended)
    const id = this.#count++
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject })
      this.#worker.ref()
      this.#worker.postMessage({ id, name, args })
    })
  }

  /** Nothing is answered any more. */
  #end(reason: Error): void {
    this.#ended ??= reason
    for (const [id, { reject }] of this.#pending) {
      this.#settle(id)
      reject(this.#ended)
    }
  }

  #settle(id: number): void {
    this.#pending.delete(id)
    if (this.#pending.size === 0) this.#worker.unref()
  }
}

/** The thread's program: it stands by itself and uses nothing of this file. */
function serve(): void {
  const { parentPort, workerData } = require('node:worker_threads')
  const { InferenceSession, Tensor } = require(workerData.runtime)
  type Plain = { type: string; data: ArrayBufferView; dims: readonly number[] }
  const sessions = new Map()
  let count = 0
  const calls: Record<string, (...args: never[]) => Promise<unknown>> = {
    create: async (model: unknown, options: unknown) => {
      const id = count++ // before it waits: others may be created meanwhile
      sessions.set(id, await InferenceSession.create(model, options))
      return id
    },
    run: async (session: number, feeds: Record<string, Plain>) => {
      const tensors = Object.entries(feeds).map(([name, { type, data, dims }]) => [name, new Tensor(type, data, dims)])
      const results: Record<string, Plain> = await sessions.get(session).run(Object.fromEntries(tensors))
      const plain = Object.entries(results).map(([name, { type, data, dims }]) => [name, { type, data, dims }])
      return Object.fromEntries(plain)
    },
    release: async (session: number) => {
      await sessions.get(session).release()
      sessions.delete(session)
    },
  }
  parentPort.on('message', async ({ id, name, args }: { id: number; name: string; args: never[] }) => {
    try {
      const result = await calls[name](...args)
      const tensors = name === 'run' ? Object.values(result as Record<string, Plain>) : []
      const buffers = new Set(tensors.map(({ data }) => data.buffer))
      parentPort.postMessage({ id, result }, [...buffers])
    } catch (error) {
      parentPort.postMessage({ id, error: error instanceof Error ? error.message : `${error}` })
    }
  })
}
