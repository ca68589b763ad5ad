import { type Box, boxIoU } from '@pixelwise/masks'
import { PixelwiseError } from '@pixelwise/masks/shared'
import { scoreOrder } from './score-order.js'

/**
 * Greedy non-max suppression of anything: by descending score (ties in the order given), what does not overlap too much
 * with something kept is kept.
 *
 * Compares each candidate with all that are kept, in quadratic time. Regions on grids have {@link suppressRegions}.
 * Throws `suppression/score-not-a-number`.
 *
 * @param overlaps whether a candidate overlaps one that is kept too much, both by their index
 * @returns the indices kept, best first
 */
export function greedySuppression(
  scores: ArrayLike<number>,
  overlaps: (kept: number, candidate: number) => boolean,
): Uint32Array {
  const order = scoreOrder(Float32Array.from(scores))
  const kept = new Uint32Array(order.length)
  let count = 0
  for (const candidate of order) {
    let isFree = true
    for (let i = 0; i < count && isFree; i++) isFree = !overlaps(kept[i], candidate)
    if (isFree) kept[count++] = candidate
  }
  return kept.slice(0, count)
}

/**
 * The boxes that remain when each one whose IoU with a better one is above `maxIoU` is dropped: their indices, best
 * first.
 *
 * Throws `suppression/scores-do-not-fit` and `suppression/score-not-a-number`.
 */
export function suppressBoxes(boxes: readonly Box[], scores: ArrayLike<number>, maxIoU = 0.7): Uint32Array {
  if (boxes.length !== scores.length) {
    throw new PixelwiseError('suppression/scores-do-not-fit', {
      what: `${scores.length} scores for ${boxes.length} boxes`,
      rule: 'every box has one score',
      next: 'pass both in the same order',
    })
  }
  return greedySuppression(scores, (kept, candidate) => boxIoU(boxes[kept], boxes[candidate]) > maxIoU)
}
