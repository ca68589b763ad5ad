/** A list of counts that grows by doubling. */
export class GrowingCounts {
  #counts = new Uint32Array(64)
  #length = 0

  push(count: number): void {
    if (this.#length === this.#counts.length) {
      const larger = new Uint32Array(2 * this.#length)
      larger.set(this.#counts)
      this.#counts = larger
    }
    this.#counts[this.#length++] = count
  }

  finished(): Uint32Array {
    return this.#counts.slice(0, this.#length)
  }
}
