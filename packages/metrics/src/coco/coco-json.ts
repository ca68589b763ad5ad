import { type Box, type MaskJSON, maskFromJSON, maskFromSegmentation, type Segmentation } from '@pixelwise/masks'
import { PixelwiseError } from '@pixelwise/masks/shared'
import type { DetectedObject, TrueObject } from './evaluate-coco.js'

/** The parts of a COCO annotation file that evaluation needs. */
export interface CocoInstances {
  readonly images: readonly { readonly id: number; readonly height: number; readonly width: number }[]
  readonly categories?: readonly { readonly id: number }[]
  readonly annotations: readonly {
    readonly image_id: number
    readonly category_id: number
    readonly area: number
    readonly iscrowd?: number
    readonly bbox: readonly [number, number, number, number]
    readonly segmentation?: Segmentation
  }[]
}

/** One entry of a COCO results file: a compressed mask, a box, or both. */
export interface CocoResult {
  readonly image_id: number
  readonly category_id: number
  readonly score: number
  readonly segmentation?: MaskJSON
  readonly bbox?: readonly [number, number, number, number]
}

/** Truths, images and categories of an annotation file, for {@link evaluateCoco}. Throws `coco/unknown-image`. */
export function cocoTruths({ images, categories, annotations }: CocoInstances) {
  const sizes = new Map(images.map((image) => [image.id, image]))
  return {
    images: images.map(({ id }) => id),
    categories: categories?.map(({ id }) => id),
    truths: annotations.map((annotation, index): TrueObject => {
      const { image_id: imageId, category_id: categoryId, area, iscrowd, bbox, segmentation } = annotation
      const size = sizes.get(imageId)
      if (size === undefined) throw unknownImage(index, imageId)
      return {
        imageId,
        categoryId,
        area,
        crowd: iscrowd === 1,
        box: asBox(bbox),
        mask: segmentation === undefined ? undefined : maskFromSegmentation(segmentation, size.height, size.width),
      }
    }),
  }
}

/** Detections of a results file, for {@link evaluateCoco}. */
export function cocoDetections(results: readonly CocoResult[]): DetectedObject[] {
  return results.map(({ image_id: imageId, category_id: categoryId, score, segmentation, bbox }) => ({
    imageId,
    categoryId,
    score,
    mask: segmentation === undefined ? undefined : maskFromJSON(segmentation),
    box: bbox === undefined ? undefined : asBox(bbox),
  }))
}

function asBox([x, y, width, height]: readonly [number, number, number, number]): Box {
  return { x, y, width, height }
}

function unknownImage(index: number, imageId: number): PixelwiseError {
  return new PixelwiseError('coco/unknown-image', {
    what: `annotation ${index} is on image ${imageId}`,
    rule: 'the file must list every image that it annotates',
    next: 'add the image with its height and width to images, or remove the annotation',
  })
}
