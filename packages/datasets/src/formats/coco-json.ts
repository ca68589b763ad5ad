import { type Box, type Mask, maskFromSegmentation } from '@pixelwise/masks'
import { PixelwiseError } from '@pixelwise/masks/shared'
import { isPlainName } from './split-list.js'

/** What COCO's JSON says of an image. */
export interface CocoImage {
  readonly id: number
  readonly fileName: string
  readonly height: number
  readonly width: number
}

/** A class of a COCO annotation file. */
export interface CocoCategory {
  readonly id: number
  readonly name: string
}

/** One annotated object or, with `crowd`, one region of many. */
export interface CocoObject {
  readonly id: number
  readonly imageId: number
  readonly categoryId: number
  readonly crowd: boolean
  /** Pixels, as the JSON says. */
  readonly area: number
  readonly box: Box
  readonly mask: Mask
}

/** A JSON record, not yet known to hold what it should. */
type JsonRecord = Readonly<Record<string, unknown>>

/** Reads one element of `images`. Throws `coco/bad-record`. */
export function parseCocoImage(bytes: Uint8Array, place: string): CocoImage {
  const record = parseRecord(bytes, place)
  const fileName = record['file_name']
  if (typeof fileName !== 'string' || !isPlainName(fileName)) {
    throw badRecord(
      place,
      `has the file_name ${JSON.stringify(fileName)?.slice(0, 100)}`,
      'it is a file name without folders',
    )
  }
  return {
    id: wholeNumber(record, 'id', place),
    fileName,
    height: wholeNumber(record, 'height', place),
    width: wholeNumber(record, 'width', place),
  }
}

/** Reads one element of `categories`. Throws `coco/bad-record`. */
export function parseCocoCategory(bytes: Uint8Array, place: string): CocoCategory {
  const record = parseRecord(bytes, place)
  const { name } = record
  if (typeof name !== 'string') throw badRecord(place, `has the name ${JSON.stringify(name)}`, 'it is a text')
  return { id: wholeNumber(record, 'id', place), name }
}

/** Reads only the image an annotation belongs to and, where it has one, its own id. Throws `coco/bad-record`. */
export function parseCocoAnnotationIds(bytes: Uint8Array, place: string): { imageId: number; id: number | undefined } {
  const record = parseRecord(bytes, place)
  const { id } = record
  return { imageId: wholeNumber(record, 'image_id', place), id: typeof id === 'number' ? id : undefined }
}

/** Reads one element of `annotations` and draws its mask at the image's size. Throws `coco/bad-record`. */
export function parseCocoObject(bytes: Uint8Array, place: string, { height, width }: CocoImage): CocoObject {
  const record = parseRecord(bytes, place)
  const box = record['bbox']
  if (!isNumbers(box) || box.length !== 4) throw badRecord(place, 'has no bbox', 'it is [x, y, width, height]')
  const { area } = record
  if (typeof area !== 'number') throw badRecord(place, 'has no area', 'it is a number of pixels')
  return {
    id: wholeNumber(record, 'id', place),
    imageId: wholeNumber(record, 'image_id', place),
    categoryId: wholeNumber(record, 'category_id', place),
    crowd: record['iscrowd'] === 1 || record['iscrowd'] === true,
    area,
    box: { x: box[0], y: box[1], width: box[2], height: box[3] },
    mask: readMask(record['segmentation'], place, height, width),
  }
}

function readMask(segmentation: unknown, place: string, height: number, width: number): Mask {
  try {
    if (isPolygons(segmentation)) return maskFromSegmentation(segmentation, height, width)
    if (isRunLengths(segmentation)) return maskFromSegmentation(segmentation, height, width)
  } catch (cause) {
    if (!(cause instanceof PixelwiseError)) throw cause
    throw new PixelwiseError('coco/bad-record', {
      what: `${place}: ${cause.what}`,
      rule: cause.rule,
      next: cause.next,
      cause,
    })
  }
  throw badRecord(place, 'has no segmentation', 'it is a list of outlines, or size and counts')
}

function isPolygons(value: unknown): value is number[][] {
  return Array.isArray(value) && value.every(isNumbers)
}

function isRunLengths(value: unknown): value is { size: [number, number]; counts: string | number[] } {
  if (!isRecord(value)) return false
  const { size, counts } = value
  return isNumbers(size) && size.length === 2 && (typeof counts === 'string' || isNumbers(counts))
}

function isNumbers(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((entry) => typeof entry === 'number')
}

function isRecord(value: unknown): value is JsonRecord {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function parseRecord(bytes: Uint8Array, place: string): JsonRecord {
  let value: unknown
  try {
    value = JSON.parse(new TextDecoder().decode(bytes))
  } catch (cause) {
    throw badRecord(
      place,
      `is no JSON (${cause instanceof Error ? cause.message : cause})`,
      'elements are JSON objects',
      cause,
    )
  }
  if (isRecord(value)) return value
  throw badRecord(place, 'is no JSON object', 'elements are JSON objects')
}

function wholeNumber(record: JsonRecord, name: string, place: string): number {
  const value = record[name]
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value
  throw badRecord(place, `has the ${name} ${JSON.stringify(value)?.slice(0, 40)}`, 'it is a whole number')
}

function badRecord(place: string, what: string, rule: string, cause?: unknown): PixelwiseError {
  return new PixelwiseError('coco/bad-record', {
    what: `${place} ${what}`,
    rule,
    next: 'correct or remove the element',
    cause,
  })
}
