/** Ones among the 32 bits of a word. */
export function popcount(word: number): number {
  const pairs = (word - ((word >>> 1) & 0x55555555)) | 0
  const fours = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333)
  return Math.imul((fours + (fours >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24
}

/** A word with its lowest `count` bits set, 0..32. JavaScript shifts by `count` modulo 32, so 32 needs a case of its own. */
export function lowBits(count: number): number {
  return count === 32 ? -1 : (1 << count) - 1
}

/** Up to 32 bits of a string of bits, from bit `first` after word `base` on. Reads one word beyond the last bit. */
export function bitsAt(words: Int32Array, base: number, first: number, count: number): number {
  const at = base + (first >>> 5)
  const shift = first & 31
  return ((words[at] >>> shift) | ((words[at + 1] << 1) << (31 - shift))) & lowBits(count)
}
