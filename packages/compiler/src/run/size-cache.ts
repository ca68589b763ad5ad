import { Shared } from './shared.js'

/**
 * What was compiled for single sizes of inputs, the latest so many. The one used longest ago makes room; it is freed when
 * the last run on it is done.
 */
export class SizeCache<T extends { dispose(): Promise<void> }> {
  readonly #most: number
  readonly #bySize = new Map<string, Shared<T>>()
  #disposed = false

  /** @param most at least 1 */
  constructor(most: number) {
    this.#most = most
  }

  /**
   * Runs a function on what belongs to a size; it is compiled where it is not at hand. Where `run` resolves to undefined,
   * it is outdated and compiled anew; after an error, at the next use.
   */
  async use<R>(size: string, compile: () => Promise<T>, run: (compiled: T) => Promise<R | undefined>): Promise<R> {
    const shared = this.#latest(size, compile)
    const result = await shared.use(run).catch((error) => {
      this.#forget(size, shared)
      throw error
    })
    if (result === undefined || this.#disposed) this.#forget(size, shared)
    return result ?? this.use(size, compile, run)
  }

  /** Frees everything; what is used later is freed after its use. */
  dispose(): void {
    this.#disposed = true
    for (const [size, shared] of this.#bySize) this.#forget(size, shared)
  }

  #latest(size: string, compile: () => Promise<T>): Shared<T> {
    const shared = this.#bySize.get(size) ?? new Shared(compile())
    this.#bySize.delete(size)
    this.#bySize.set(size, shared)
    for (const [oldest, unused] of this.#bySize) {
      if (this.#bySize.size <= this.#most) break
      this.#forget(oldest, unused)
    }
    return shared
  }

  #forget(size: string, shared: Shared<T>): void {
    if (this.#bySize.get(size) !== shared) return
    this.#bySize.delete(size)
    shared.retire()
  }
}

/** Inputs of one shape and type each have one size. */
export function sizeOfInputs(inputs: readonly { readonly shape: readonly number[]; readonly dtype: string }[]): string {
  return inputs.map(({ shape, dtype }) => `${dtype} ${shape}`).join(' and ')
}
