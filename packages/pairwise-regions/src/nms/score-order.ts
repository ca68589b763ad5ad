import { PixelwiseError } from '@pixelwise/masks/shared'

/**
 * Indices by descending score, equal scores in the order given, in linear time.
 *
 * Scores count as float32, as nets compute them: a radix sort by 3 × 11 bits of keys that are ordered as the numbers
 * are. −0 equals 0. Throws `suppression/score-not-a-number`, since NaN has no place in an order.
 */
export function scoreOrder(scores: Float32Array): Uint32Array {
  const count = scores.length
  let keys = descendingKeys(scores)
  let order = new Uint32Array(count)
  for (let i = 0; i < count; i++) order[i] = i
  let nextKeys = new Uint32Array(count)
  let nextOrder = new Uint32Array(count)
  const places = new Uint32Array(2048)
  for (const shift of [0, 11, 22]) {
    places.fill(0)
    for (let i = 0; i < count; i++) places[(keys[i] >>> shift) & 2047]++
    let place = 0
    for (let digit = 0; digit < 2048; digit++) {
      const here = places[digit]
      places[digit] = place
      place += here
    }
    for (let i = 0; i < count; i++) {
      const to = places[(keys[i] >>> shift) & 2047]++
      nextKeys[to] = keys[i]
      nextOrder[to] = order[i]
    }
    ;[keys, nextKeys] = [nextKeys, keys]
    ;[order, nextOrder] = [nextOrder, order]
  }
  return order
}

/** Unsigned integers that rise where the scores fall. */
function descendingKeys(scores: Float32Array): Uint32Array<ArrayBuffer> {
  const canonical = new Float32Array(scores.length)
  for (let i = 0; i < scores.length; i++) {
    if (Number.isNaN(scores[i])) throw notANumber(i)
    canonical[i] = scores[i] + 0 // −0 becomes 0
  }
  const keys = new Uint32Array(canonical.buffer)
  // The bits of positive floats rise with them, those of negative ones fall.
  for (let i = 0; i < keys.length; i++) keys[i] = keys[i] >>> 31 ? keys[i] : ~keys[i] & 0x7fffffff
  return keys
}

function notANumber(index: number): PixelwiseError {
  return new PixelwiseError('suppression/score-not-a-number', {
    what: `score ${index} is NaN`,
    rule: 'scores are numbers, infinite ones included',
    next: 'look at the net: one that has diverged predicts NaN; leave regions without a score out',
  })
}
