import { compressCounts, decompressCounts } from './compressed-counts.js'
import { badCounts, type Mask, maskFromCounts } from './mask.js'
import { polygonMask } from './polygon.js'
import { PixelwiseError } from './shared/pixelwise-error.js'

/** A mask as COCO writes it into JSON: compressed (a string) or not (a list). */
export interface MaskJSON {
  /** Height, then width. */
  readonly size: readonly [number, number]
  readonly counts: string | readonly number[]
}

/** How COCO annotates an object: outlines `[x, y, x, y, …]`, each its own part, or a mask. */
export type Segmentation = readonly (readonly number[])[] | MaskJSON

/** A mask as COCO writes it into JSON; `compressed: false` gives the counts as a list. */
export function maskToJSON({ height, width, counts }: Mask, { compressed = true } = {}): MaskJSON {
  return { size: [height, width], counts: compressed ? compressCounts(counts) : [...counts] }
}

/** Throws `masks/bad-counts` or `masks/bad-size` when the JSON is not a mask. */
export function maskFromJSON({ size, counts }: MaskJSON): Mask {
  const sized = Array.isArray(size) && size.length === 2
  if (!sized) throw badCounts(`size is ${JSON.stringify(size)}`, 'size is [height, width]')
  if (typeof counts !== 'string' && !Array.isArray(counts)) {
    throw badCounts(`counts are ${JSON.stringify(counts)}`, 'counts are a compressed string or a list of numbers')
  }
  return maskFromCounts(size[0], size[1], typeof counts === 'string' ? decompressCounts(counts) : counts)
}

/**
 * The mask of an annotation, whichever way it is stored; polygons need the image's size, masks must have it.
 *
 * Throws `masks/size-mismatch` when a stored mask has another size than the image.
 */
export function maskFromSegmentation(segmentation: Segmentation, height: number, width: number): Mask {
  if (!('counts' in segmentation)) return polygonMask(segmentation, height, width)
  const mask = maskFromJSON(segmentation)
  if (mask.height === height && mask.width === width) return mask
  throw new PixelwiseError('masks/size-mismatch', {
    what: `a mask of ${mask.height}×${mask.width} on an image of ${height}×${width}`,
    rule: 'an annotation covers its image',
    next: 'check that size is [height, width] and belongs to this image',
  })
}
