import { GrowingCounts } from './growing-counts.js'
import { badCounts } from './mask.js'

/**
 * Run lengths as COCO's compressed string.
 *
 * From the fourth on, a count is stored as its difference to the one two before (runs of the same value in
 * neighbouring columns are alike). Each number becomes groups of five bits, lowest first, the last one carrying the sign in its top
 * bit; a character is 48 + the group, + 32 while more groups follow.
 */
export function compressCounts(counts: Uint32Array): string {
  const characters = new Uint8Array(7 * counts.length)
  let length = 0
  for (let i = 0; i < counts.length; i++) {
    let rest = i > 2 ? counts[i] - counts[i - 2] : counts[i]
    for (let more = true; more; ) {
      // Not bit operations: differences of 32-bit counts need 33 bits.
      const group = rest - 32 * Math.floor(rest / 32)
      rest = Math.floor(rest / 32)
      more = group & 16 ? rest !== -1 : rest !== 0
      characters[length++] = 48 + group + (more ? 32 : 0)
    }
  }
  return asText(characters.subarray(0, length))
}

/** The inverse of {@link compressCounts}. Throws `masks/bad-counts` for text that it cannot have written. */
export function decompressCounts(text: string): Uint32Array {
  const counts = new GrowingCounts()
  const before = [0, 0, 0]
  let index = 0
  for (let at = 0; at < text.length; index++) {
    let value = 0
    let scale = 1
    let group = 32
    while (group & 32) {
      if (at === text.length)
        throw badCounts('the text ends within a number', 'the last character of a number is one of 0…O')
      group = text.charCodeAt(at) - 48
      if (!(group >= 0 && group < 64)) {
        throw badCounts(`character ${JSON.stringify(text[at])} at ${at}`, 'compressed counts use the characters 0…o')
      }
      value += (group & 31) * scale
      scale *= 32
      at++
      if (scale > 2 ** 40) throw badCounts(`the number before character ${at} is too long`, 'counts are below 2^32')
    }
    if (group & 16) value -= scale
    if (index > 2) value += before[(index - 2) % 3]
    if (value < 0 || value >= 2 ** 32) throw badCounts(`count ${index} is ${value}`, 'counts are 0..2^32−1')
    before[index % 3] = value
    counts.push(value)
  }
  return counts.finished()
}

function asText(characters: Uint8Array): string {
  const chunk = 8192 // arguments of one call are limited
  let text = ''
  for (let at = 0; at < characters.length; at += chunk) {
    text += String.fromCharCode(...characters.subarray(at, at + chunk))
  }
  return text
}
