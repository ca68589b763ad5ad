import { GrowingCounts } from './growing-counts.js'
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
  const merged = new GrowingCounts()
  const walk = { a: 0, b: 0, leftA: a.counts[0] ?? 0, leftB: b.counts[0] ?? 0 }
  let inside = false
  let run = 0
  for (let left = a.height * a.width; ; ) {
    while (walk.leftA === 0 && walk.a + 1 < a.counts.length) walk.leftA = a.counts[++walk.a]
    while (walk.leftB === 0 && walk.b + 1 < b.counts.length) walk.leftB = b.counts[++walk.b]
    const inA = (walk.a & 1) === 1
    const inB = (walk.b & 1) === 1
    if (left > 0 && (both ? inA && inB : inA || inB) !== inside) {
      merged.push(run)
      run = 0
      inside = !inside
    }
    const length = Math.min(walk.leftA, walk.leftB)
    if (length === 0) break
    run += length
    left -= length
    walk.leftA -= length
    walk.leftB -= length
  }
  merged.push(run)
  return { height: a.height, width: a.width, counts: merged.finished() }
}
