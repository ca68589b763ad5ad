import type { LabelData } from '@pixelwise/masks'

/** What one pass over two label maps finds. */
export interface PairCounts {
  /** Pixels by (truth, prediction), row-major. */
  readonly counts: Uint32Array
  readonly ignored: number
  /** Pixels with a label outside 0..classes−1 that is not ignored. */
  readonly dropped: number
  /** Index of the first such pixel, or −1. */
  readonly firstOutOfRange: number
}

/**
 * Counts pairs of labels.
 *
 * Neighbouring pixels mostly carry the same pair, and an increment has to wait for the last one to the same address;
 * so equal neighbours are counted in a register and stored once per run.
 */
export function countPairs(
  truth: LabelData,
  prediction: LabelData,
  classes: number,
  ignoreLabel: number | null,
): PairCounts {
  const counts = new Uint32Array(classes * classes)
  const ignore = ignoreLabel ?? Number.NaN
  const length = truth.length
  let ignored = 0
  let dropped = 0
  let firstOutOfRange = -1
  for (let i = 0; i < length; ) {
    const t = truth[i]
    const p = prediction[i]
    const start = i++
    while (i < length && truth[i] === t && prediction[i] === p) i++
    if (t === ignore) ignored += i - start
    else if (t >= 0 && t < classes && p >= 0 && p < classes) counts[t * classes + p] += i - start
    else {
      if (dropped === 0) firstOutOfRange = start
      dropped += i - start
    }
  }
  return { counts, ignored, dropped, firstOutOfRange }
}
