import { type Mask, requireSameMaskSize } from './mask.js'
import { PixelwiseError } from './shared/pixelwise-error.js'

/** The pixels that are in any of the masks, or in all of them. Throws `masks/size-mismatch`, or `masks/nothing-to-merge`. */
export function mergeMasks(masks: readonly Mask[], how: 'union' | 'intersection' = 'union'): Mask {
  if (masks.length === 0) {
    throw new PixelwiseError('masks/nothing-to-merge', {
      what: 'a merge of no masks',
      rule: 'the size of the result comes from the masks',
      next: 'pass at least one mask',
    })
  }
  return masks.reduce((merged, mask) => mergeTwo(merged, mask, how === 'intersection'))
}

/** Walks both masks from run end to run end, as long as the shorter of the current runs lasts. */
function mergeTwo(a: Mask, b: Mask, both: boolean): Mask {
  requireSameMaskSize(a, b)
  const merged = new Uint32Array(a.counts.length + b.counts.length + 1)
  let length = 0
  let [i, j] = [0, 0]
  let [leftA, leftB] = [a.counts[0], b.counts[0]]
  let inside = false
  let run = 0
  for (;;) {
    while (leftA === 0 && i + 1 < a.counts.length) leftA = a.counts[++i]
    while (leftB === 0 && j + 1 < b.counts.length) leftB = b.counts[++j]
    const step = Math.min(leftA, leftB)
    if (step === 0) break
    // Runs alternate, so whether a place is inside follows from whether its run's number is odd.
    const insideNow = ((both ? i & j : i | j) & 1) === 1
    if (insideNow !== inside) {
      merged[length++] = run
      run = 0
      inside = insideNow
    }
    run += step
    leftA -= step
    leftB -= step
  }
  merged[length++] = run
  return { height: a.height, width: a.width, counts: merged.slice(0, length) }
}
