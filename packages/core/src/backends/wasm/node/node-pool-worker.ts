import { Worker } from 'node:worker_threads'

/** A message of Emscripten's thread pool. */
interface PoolMessage {
  readonly cmd?: string
  readonly urlOrBlob?: unknown
}

/** What Emscripten sets on its workers and calls. */
export interface PoolWorker {
  onmessage?: (event: { data: PoolMessage }) => void
  onerror?: (error: Error) => void
}

/**
 * The worker class that Emscripten's thread pool gets in Node.
 *
 * The pool makes eight workers, whatever it needs, and puts threads on the last first. So ours are shells: the first
 * `count` each start and load a real worker into a common stock, the others answer that they have loaded, and whichever
 * shell is told to run takes a real worker from the stock. None keeps the process alive once it has loaded.
 *
 * `workerScript` is the source of the pool's worker, `mainScript` the path of the script that it loads.
 */
export function wasmPoolWorker(
  count: number,
  workerScript: string,
  mainScript: string,
): new (
  blobUrl: string,
) => PoolWorker {
  let made = 0
  let loaded = 0
  const stock: Worker[] = []
  return class implements PoolWorker {
    onmessage?: (event: { data: PoolMessage }) => void
    onerror?: (error: Error) => void
    #running: Worker | undefined

    constructor(blobUrl: string) {
      URL.revokeObjectURL(blobUrl)
      if (made++ < count) stock.push(new Worker(workerScript, { eval: true, execArgv: [] }))
    }

    postMessage(message: PoolMessage): void {
      if (message.cmd === 'load') this.#load({ ...message, urlOrBlob: mainScript })
      else this.#run(message)
    }

    terminate(): Promise<number> | undefined {
      return this.#running?.terminate()
    }

    /** Emscripten would listen here; `onmessage` and `onerror` are called all the same. */
    on(): void {}
    ref(): void {}
    unref(): void {}

    #load(message: PoolMessage): void {
      const worker = stock[loaded++]
      if (worker === undefined) {
        queueMicrotask(() => this.onmessage?.({ data: { cmd: 'loaded' } }))
        return
      }
      worker.once('message', (data: PoolMessage) => {
        worker.unref()
        this.onmessage?.({ data })
      })
      worker.on('error', (error) => this.onerror?.(error))
      worker.postMessage(message)
    }

    #run(message: PoolMessage): void {
      if (this.#running === undefined) {
        this.#running = stock.pop()
        this.#running?.on('message', (data: PoolMessage) => this.onmessage?.({ data }))
        this.#running?.unref()
      }
      this.#running?.postMessage(message)
    }
  }
}
