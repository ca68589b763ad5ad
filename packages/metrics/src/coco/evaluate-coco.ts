import { type Box, boxIoU, type Mask, maskArea, maskBox, maskIoUs } from '@pixelwise/masks'
import { PixelwiseError } from '@pixelwise/masks/shared'
import { type AreaRange, cocoAreaRanges } from './area-ranges.js'
import { CocoEvaluation } from './coco-evaluation.js'
import { type ImageMatches, type ImageObjects, matchImage } from './match-image.js'
import { precisionCurves } from './precision-curve.js'

/**
 * Scores detected masks or boxes against annotated ones, number for number as the COCO API does.
 *
 * Class-aware evaluation matches objects within their class and averages over classes; class-agnostic evaluation, the
 * rule for proposals, matches across all of them (and usually takes `maxDetections: [10, 100, 1000]`).
 *
 * Throws `coco/unknown-image` for a detection on an image that is not evaluated, `coco/no-mask` or `coco/no-box` for an object that lacks
 * what is compared. Source: the COCO API's `COCOeval`.
 *
 * @example
 * const { summary } = evaluateCoco({ ...cocoTruths(instances), detections: cocoDetections(results), by: 'mask' })
 * summary.averagePrecision
 */
export function evaluateCoco(options: CocoEvaluationOptions): CocoEvaluation {
  const { truths, by, classAware = true, maxDetections = [1, 10, 100], areaRanges = cocoAreaRanges } = options
  const limits = [...maxDetections].sort((a, b) => a - b)
  const images = [...new Set(options.images ?? truths.map(({ imageId }) => imageId))].sort((a, b) => a - b)
  const classes = classAware ? sortedClasses(truths, options.categories) : [null]
  const imageIndex = new Map(images.map((id, index) => [id, index]))
  requireKnownImages(options.detections, imageIndex)

  const evaluation = new CocoEvaluation(classes, areaRanges, limits)
  const groupedTruths = group(truths, classAware)
  const groupedDetections = group(options.detections, classAware)
  classes.forEach((category, c) => {
    const objects = images.map((image) => {
      const key = groupKey(image, category)
      return imageObjects(groupedTruths.get(key) ?? [], groupedDetections.get(key) ?? [], by, limits.at(-1) ?? 0)
    })
    areaRanges.forEach((range, a) => {
      const matches = objects.map((object) => matchImage(object, evaluation.iouThresholds, range))
      limits.forEach((limit, m) => {
        evaluation.set(c, a, m, curvesOf(matches, limit, evaluation))
      })
    })
  })
  return evaluation
}

/** What is evaluated, and at which thresholds, limits and sizes. */
export interface CocoEvaluationOptions {
  readonly truths: readonly TrueObject[]
  readonly detections: readonly DetectedObject[]
  /** What is compared. */
  readonly by: 'mask' | 'box'
  /** Whether a detection must have the right class. Default true. */
  readonly classAware?: boolean
  /** Detections per image that count, best first. Default 1, 10 and 100. */
  readonly maxDetections?: readonly number[]
  /** Default: COCO's all, small, medium, large. */
  readonly areaRanges?: readonly AreaRange[]
  /** Images to evaluate; those without truths matter too. Default: those that have truths. */
  readonly images?: readonly number[]
  /** Classes to evaluate. Default: those of the truths. */
  readonly categories?: readonly number[]
}

interface CocoObject {
  readonly imageId: number
  readonly categoryId: number
  readonly mask?: Mask
  readonly box?: Box
}

/** An annotated object. */
export interface TrueObject extends CocoObject {
  /** Pixels, as annotated. */
  readonly area: number
  /** A region of many objects: detections in it are neither right nor wrong. */
  readonly crowd?: boolean
}

/** A detection with its score. */
export interface DetectedObject extends CocoObject {
  readonly score: number
}

function sortedClasses(truths: readonly TrueObject[], categories: readonly number[] | undefined): number[] {
  return [...new Set(categories ?? truths.map(({ categoryId }) => categoryId))].sort((a, b) => a - b)
}

function groupKey(image: number, category: number | null): string {
  return `${image}/${category ?? ''}`
}

/** Objects by image and class; across classes in the order of the classes, which decides between equals. */
function group<T extends CocoObject>(objects: readonly T[], classAware: boolean): Map<string, T[]> {
  const ordered = classAware ? objects : [...objects].sort((a, b) => a.categoryId - b.categoryId)
  const groups = new Map<string, T[]>()
  for (const object of ordered) {
    const key = groupKey(object.imageId, classAware ? object.categoryId : null)
    const list = groups.get(key)
    if (list === undefined) groups.set(key, [object])
    else list.push(object)
  }
  return groups
}

function imageObjects(
  truths: readonly TrueObject[],
  detections: readonly DetectedObject[],
  by: 'mask' | 'box',
  limit: number,
): ImageObjects {
  const best = [...detections].sort((a, b) => b.score - a.score).slice(0, limit)
  return {
    detections: best.map((detection) => ({ score: detection.score, area: areaOf(detection) })),
    truths: truths.map(({ area, crowd = false }) => ({ area, crowd })),
    ious: by === 'mask' ? maskMatrix(best, truths) : boxMatrix(best, truths),
  }
}

/** As the COCO API measures results: the box where there is one, else the mask. */
function areaOf({ mask, box }: DetectedObject): number {
  if (box !== undefined) return box.width * box.height
  return mask === undefined ? 0 : maskArea(mask)
}

function maskMatrix(detections: readonly DetectedObject[], truths: readonly TrueObject[]): Float64Array {
  const crowd = truths.map((truth) => truth.crowd === true)
  return maskIoUs(detections.map(requireMask), truths.map(requireMask), crowd)
}

function boxMatrix(detections: readonly DetectedObject[], truths: readonly TrueObject[]): Float64Array {
  const boxes = truths.map(requireBox)
  const ious = detections.flatMap((detection) => {
    const box = requireBox(detection)
    return boxes.map((truth, t) => boxIoU(box, truth, truths[t].crowd))
  })
  return Float64Array.from(ious)
}

function curvesOf(
  matches: readonly ImageMatches[],
  limit: number,
  { iouThresholds, recallThresholds }: CocoEvaluation,
) {
  return precisionCurves(matches, limit, iouThresholds.length, recallThresholds)
}

function requireMask({ mask, imageId, categoryId }: CocoObject): Mask {
  if (mask !== undefined) return mask
  throw new PixelwiseError('coco/no-mask', {
    what: `an object of class ${categoryId} on image ${imageId} has no mask`,
    rule: "evaluation by: 'mask' compares masks",
    next: "give every object its mask, or evaluate by: 'box'",
  })
}

function requireBox({ mask, box, imageId, categoryId }: CocoObject): Box {
  if (box !== undefined) return box
  if (mask !== undefined) return maskBox(mask)
  throw new PixelwiseError('coco/no-box', {
    what: `an object of class ${categoryId} on image ${imageId} has neither box nor mask`,
    rule: "evaluation by: 'box' compares boxes",
    next: 'give every object one of the two',
  })
}

function requireKnownImages(detections: readonly DetectedObject[], images: ReadonlyMap<number, number>): void {
  const unknown = detections.find(({ imageId }) => !images.has(imageId))
  if (unknown === undefined) return
  throw new PixelwiseError('coco/unknown-image', {
    what: `a detection on image ${unknown.imageId}`,
    rule: `only ${images.size} other images are evaluated`,
    next: 'pass the annotations of the same split, or list all its images in images',
  })
}
