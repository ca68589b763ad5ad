/**
 * Seeded random numbers, split by purpose.
 *
 * `new Rng(7).split('init')` and `.split('shuffle')` are independent streams that depend only on seed and purpose, so
 * that drawing more numbers for one purpose never changes another. The state can be stored and restored (checkpoints).
 *
 * Generator: xoshiro128** 1.1 (Blackman and Vigna 2018), seeded through SplitMix32. Not for cryptography.
 */
export class Rng {
  #state: [number, number, number, number]
  readonly #key: number

  /** @param seed any string or number; equal seeds give equal streams on every platform */
  constructor(seed: string | number) {
    this.#key = hash(String(seed), 0x9e3779b9)
    this.#state = expand(this.#key)
  }

  /** An independent stream for a purpose; unaffected by numbers drawn so far. */
  split(purpose: string | number): Rng {
    return new Rng(`${this.#key}/${purpose}`)
  }

  /** A uniform integer in 0..2^32−1. */
  uint32(): number {
    const s = this.#state
    const result = Math.imul(rotateLeft(Math.imul(s[1], 5), 7), 9) >>> 0
    const t = s[1] << 9
    s[2] ^= s[0]
    s[3] ^= s[1]
    s[1] ^= s[2]
    s[0] ^= s[3]
    s[2] ^= t
    s[3] = rotateLeft(s[3], 11)
    return result
  }

  /** A uniform number in [0, 1) with 32 random bits. */
  uniform(): number
  /** A uniform number in [low, high). */
  uniform(low: number, high: number): number
  uniform(low = 0, high = 1): number {
    return low + (high - low) * (this.uint32() / 0x1_0000_0000)
  }

  /** A uniform integer in 0..count−1, without modulo bias. */
  integer(count: number): number {
    const limit = 0x1_0000_0000 - (0x1_0000_0000 % count)
    let draw = this.uint32()
    while (draw >= limit) draw = this.uint32()
    return draw % count
  }

  /** A normal number (Box–Muller, one draw kept per call so that the state stays four words). */
  normal(mean = 0, standardDeviation = 1): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()))
    return mean + standardDeviation * radius * Math.cos(2 * Math.PI * this.uniform())
  }

  /** One element, uniformly. */
  pick<T>(items: ArrayLike<T>): T {
    return items[this.integer(items.length)]
  }

  /** A new array with the same elements in random order (Fisher–Yates). */
  shuffled<T>(items: Iterable<T>): T[] {
    const result = [...items]
    for (let i = result.length - 1; i > 0; i--) {
      const j = this.integer(i + 1)
      const held = result[i]
      result[i] = result[j]
      result[j] = held
    }
    return result
  }

  /** The generator's four words, to be stored. */
  get state(): readonly [number, number, number, number] {
    return [...this.#state]
  }

  /** Goes on from a stored state. */
  set state(words: readonly [number, number, number, number]) {
    this.#state = [words[0] | 0, words[1] | 0, words[2] | 0, words[3] | 0]
  }
}

function rotateLeft(x: number, bits: number): number {
  return (x << bits) | (x >>> (32 - bits))
}

/** FNV-1a over UTF-16 code units, finished with an avalanche step. */
function hash(text: string, start: number): number {
  let h = 0x811c9dc5 ^ start
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193)
  return avalanche(h)
}

function avalanche(h: number): number {
  h = Math.imul(h ^ (h >>> 16), 0x21f0aaad)
  h = Math.imul(h ^ (h >>> 15), 0x735a2d97)
  return h ^ (h >>> 15)
}

function expand(key: number): [number, number, number, number] {
  let seed = key
  const next = () => {
    seed = (seed + 0x9e3779b9) | 0
    return avalanche(seed)
  }
  return [next(), next(), next(), next()]
}
