/** How a platform lets the wasm backend compute in threads, where tfjs alone would not. */
export interface ThreadShim {
  /** How many threads may be used; more are refused. */
  readonly available: number
  /** Runs `start`, in which tfjs initialises the backend, so that it finds `threads` threads. */
  startWithThreads<T>(threads: number, start: () => Promise<T>): Promise<T>
}
