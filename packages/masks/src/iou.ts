import { type Box, type Mask, maskArea, maskBox, requireSameMaskSize } from './mask.js'

/**
 * Intersection over union of a detected and a true mask, 0..1.
 *
 * A crowd is a true region of many objects: a detection inside it is no error, so its score is intersection over the
 * **detection's** area. Throws `masks/size-mismatch`. Source: the COCO API's `iou`.
 */
export function maskIoU(detection: Mask, truth: Mask, truthIsCrowd = false): number {
  requireSameMaskSize(detection, truth)
  return intersectionOverUnion(detection, truth, maskArea(detection), maskArea(truth), truthIsCrowd)
}

/** {@link maskIoU} of every detection (rows) with every truth (columns), row-major; pairs whose boxes are apart cost nothing. */
export function maskIoUs(
  detections: readonly Mask[],
  truths: readonly Mask[],
  crowd: ArrayLike<boolean> = [],
): Float64Array {
  const [detectionBoxes, truthBoxes] = [detections.map(maskBox), truths.map(maskBox)]
  const [detectionAreas, truthAreas] = [detections.map(maskArea), truths.map(maskArea)]
  const ious = new Float64Array(detections.length * truths.length)
  detections.forEach((detection, d) => {
    truths.forEach((truth, t) => {
      requireSameMaskSize(detection, truth)
      if (boxIntersection(detectionBoxes[d], truthBoxes[t]) === 0) return
      ious[d * truths.length + t] = intersectionOverUnion(
        detection,
        truth,
        detectionAreas[d],
        truthAreas[t],
        crowd[t] === true,
      )
    })
  })
  return ious
}

/** Intersection over union of two boxes, with the same rule for crowds. */
export function boxIoU(detection: Box, truth: Box, truthIsCrowd = false): number {
  const intersection = boxIntersection(detection, truth)
  if (intersection === 0) return 0
  const area = detection.width * detection.height
  return intersection / (truthIsCrowd ? area : area + truth.width * truth.height - intersection)
}

function boxIntersection(a: Box, b: Box): number {
  const width = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x)
  const height = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y)
  return width <= 0 || height <= 0 ? 0 : width * height
}

function intersectionOverUnion(
  detection: Mask,
  truth: Mask,
  area: number,
  truthArea: number,
  truthIsCrowd: boolean,
): number {
  const intersection = intersectionArea(detection.counts, truth.counts)
  if (intersection === 0) return 0
  return intersection / (truthIsCrowd ? area : area + truthArea - intersection)
}

/** Walks both masks' runs of ones; runs of zeros are only stepped over. */
function intersectionArea(a: Uint32Array, b: Uint32Array): number {
  let area = 0
  let i = 1
  let j = 1
  let startA = a[0]
  let startB = b[0]
  while (i < a.length && j < b.length) {
    const endA = startA + a[i]
    const endB = startB + b[j]
    const overlap = Math.min(endA, endB) - Math.max(startA, startB)
    if (overlap > 0) area += overlap
    if (endA <= endB) {
      startA = endA + (i + 1 < a.length ? a[i + 1] : 0)
      i += 2
    }
    if (endB <= endA) {
      startB = endB + (j + 1 < b.length ? b[j + 1] : 0)
      j += 2
    }
  }
  return area
}
