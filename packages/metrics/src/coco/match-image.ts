import type { AreaRange } from './area-ranges.js'

/** Detections and truths of one image (and one class, where classes count). */
export interface ImageObjects {
  /** In descending order of score. */
  readonly detections: readonly { readonly score: number; readonly area: number }[]
  readonly truths: readonly { readonly area: number; readonly crowd: boolean }[]
  /** IoU of every detection (rows) with every truth. */
  readonly ious: Float64Array
}

/** Which detections hit, at every threshold (rows), for one range of object sizes. */
export interface ImageMatches {
  readonly scores: Float64Array
  /** 1 where a detection has found a truth. */
  readonly matched: Uint8Array
  /** 1 where a detection counts neither as a hit nor as a miss. */
  readonly ignored: Uint8Array
  /** Truths that count: neither crowds nor of other sizes. */
  readonly truthCount: number
}

/**
 * Gives detections to truths, best score first.
 *
 * A detection takes the truth of highest IoU that is still free; crowds are never used up. Truths that count come before
 * those that do not (crowds, other sizes): only a detection without one of the former may take one of the latter, and is then ignored.
 * A detection that finds nothing is ignored when its own size is out of range.
 *
 * Source: the COCO API's `evaluateImg`.
 */
export function matchImage(
  { detections, truths, ious }: ImageObjects,
  thresholds: Float64Array,
  { from, to }: AreaRange,
): ImageMatches {
  const outside = (area: number) => area < from || area > to
  const truthIgnored = truths.map(({ area, crowd }) => crowd || outside(area))
  const order = [...truths.keys()].sort((a, b) => Number(truthIgnored[a]) - Number(truthIgnored[b]))
  const matched = new Uint8Array(thresholds.length * detections.length)
  const ignored = new Uint8Array(thresholds.length * detections.length)

  thresholds.forEach((threshold, row) => {
    const taken = new Uint8Array(truths.length)
    detections.forEach(({ area }, d) => {
      const at = row * detections.length + d
      const truth = bestTruth(d, Math.min(threshold, 1 - 1e-10), taken)
      if (truth === -1) {
        ignored[at] = outside(area) ? 1 : 0
      } else {
        taken[truth] = 1
        matched[at] = 1
        ignored[at] = truthIgnored[truth] ? 1 : 0
      }
    })
  })

  function bestTruth(d: number, threshold: number, taken: Uint8Array): number {
    let best = -1
    let bestIoU = threshold
    for (const t of order) {
      if (taken[t] === 1 && !truths[t].crowd) continue
      if (best !== -1 && !truthIgnored[best] && truthIgnored[t]) break
      const iou = ious[d * truths.length + t]
      if (iou < bestIoU) continue
      bestIoU = iou
      best = t
    }
    return best
  }

  return {
    scores: Float64Array.from(detections, ({ score }) => score),
    matched,
    ignored,
    truthCount: truthIgnored.filter((is) => !is).length,
  }
}
