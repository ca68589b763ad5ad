/** Something that many calls use, and that is freed when it is retired and the last of them is done. */
export class Shared<T extends { dispose(): Promise<void> } | undefined> {
  readonly #value: Promise<T>
  #users = 0
  #retired = false
  #freed = false

  constructor(value: Promise<T>) {
    this.#value = value
  }

  /** Runs a function on the value, which lives at least until the function is done. */
  async use<R>(run: (value: T) => Promise<R>): Promise<R> {
    this.#users++
    try {
      return await run(await this.#value)
    } finally {
      this.#users--
      if (this.#retired) this.#freeUnused()
    }
  }

  /** No use begins after this. */
  retire(): void {
    this.#retired = true
    this.#freeUnused()
  }

  #freeUnused(): void {
    if (this.#users > 0 || this.#freed) return
    this.#freed = true
    // What was never made holds nothing, and what cannot be freed is gone already.
    this.#value.then((value) => value?.dispose()).catch(() => {})
  }
}
