import type { ImageMatches } from './match-image.js'

/** Precision at given recalls and the recall reached, at every IoU threshold, over many images. */
export interface PrecisionCurves {
  /** Thresholds × recalls. */
  readonly precision: Float64Array
  /** Per threshold. */
  readonly recall: Float64Array
}

/**
 * Ranks the detections of all images by score and reads precision off at the given recalls.
 *
 * Precision is made to fall with recall first; a recall that is not reached has precision 0.
 *
 * @param maxDetections how many detections of each image count
 * @returns undefined where there is nothing to find. Source: the COCO API's `accumulate`.
 */
export function precisionCurves(
  images: readonly ImageMatches[],
  maxDetections: number,
  thresholds: number,
  recalls: Float64Array,
): PrecisionCurves | undefined {
  const truthCount = images.reduce((sum, image) => sum + image.truthCount, 0)
  if (truthCount === 0) return undefined
  const ranked = rank(images, maxDetections)
  const precision = new Float64Array(thresholds * recalls.length)
  const recall = new Float64Array(thresholds)
  for (let row = 0; row < thresholds; row++) {
    const curve = curveOf(ranked, images, row, truthCount)
    recall[row] = curve.recall.at(-1) ?? 0
    precision.set(sampleAt(recalls, curve), row * recalls.length)
  }
  return { precision, recall }
}

interface Ranked {
  readonly image: number
  readonly detection: number
  readonly score: number
}

/** Detections of all images, best first; equal scores stay in the order of the images. */
function rank(images: readonly ImageMatches[], maxDetections: number): Ranked[] {
  const all = images.flatMap(({ scores }, image) =>
    Array.from(scores.subarray(0, maxDetections), (score, detection) => ({ image, detection, score })),
  )
  return all.sort((a, b) => b.score - a.score)
}

function curveOf(ranked: readonly Ranked[], images: readonly ImageMatches[], row: number, truthCount: number) {
  const recall = new Float64Array(ranked.length)
  const precision = new Float64Array(ranked.length)
  let hits = 0
  let misses = 0
  ranked.forEach(({ image, detection }, i) => {
    const { matched, ignored, scores } = images[image]
    const at = row * scores.length + detection
    if (ignored[at] === 0) {
      if (matched[at] === 1) hits++
      else misses++
    }
    recall[i] = hits / truthCount
    precision[i] = hits / (misses + hits + Number.EPSILON)
  })
  for (let i = precision.length - 1; i > 0; i--) precision[i - 1] = Math.max(precision[i - 1], precision[i])
  return { recall, precision }
}

function sampleAt(recalls: Float64Array, curve: { recall: Float64Array; precision: Float64Array }): Float64Array {
  let i = 0
  return recalls.map((wanted) => {
    while (i < curve.recall.length && curve.recall[i] < wanted) i++
    return i < curve.precision.length ? curve.precision[i] : 0
  })
}
