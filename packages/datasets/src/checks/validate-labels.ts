import type { LabelData, LabelMap } from '@pixelwise/masks'
import { PixelwiseError } from '@pixelwise/masks/shared'
import type { ClassList } from '../classes/class-list.js'

/**
 * Throws `labels/unknown-label` for the first label that is neither a class nor the ignore label, with its place.
 *
 * @param file the label map's file, for the message
 */
export function validateLabels(map: LabelMap, classes: ClassList, file: string): void {
  const { labels } = map
  const at = firstUnknown(labels, knownLabels(classes))
  if (at !== -1) throw unknownLabel(map, at, 1, classes, file)
}

/** What to do about a label that is met on the way: the check lists them all. */
export const adviceToCheck = 'pass the right classes or run "pixelwise datasets check"'

/** The place of the first label that is not known, or −1. Neighbours are mostly equal: four bytes are looked up once per run. */
function firstUnknown(labels: LabelData, known: Uint8Array): number {
  const words = labels instanceof Uint8Array ? wholeWords(labels) : new Uint32Array()
  const wrongFrom = (start: number, end: number) => {
    for (let i = start; i < end; i++) if (known[labels[i]] !== 1) return i
    return -1
  }
  let last = -1
  for (let i = 0; i < words.length; i++) {
    if (words[i] === last) continue
    last = words[i]
    const wrong = wrongFrom(4 * i, 4 * i + 4)
    if (wrong !== -1) return wrong
  }
  return wrongFrom(4 * words.length, labels.length)
}

/** Four labels to a word, as far as they fill words and lie at a word's boundary. */
function wholeWords({ buffer, byteOffset, length }: Uint8Array): Uint32Array {
  return byteOffset % 4 === 0 ? new Uint32Array(buffer, byteOffset, length >> 2) : new Uint32Array()
}

/** One error per unknown label value, at its first pixel, with the number of pixels that have it; the first ten values are listed. */
export function unknownLabels(map: LabelMap, classes: ClassList, file: string): PixelwiseError[] {
  const known = knownLabels(classes)
  const found = new Map<number, { first: number; count: number }>()
  map.labels.forEach((label, i) => {
    if (known[label] === 1) return
    const entry = found.get(label)
    if (entry === undefined) found.set(label, { first: i, count: 1 })
    else entry.count++
  })
  const errors = [...found.values()]
    .slice(0, mostValuesListed)
    .map(({ first, count }) => unknownLabel(map, first, count, classes, file))
  if (found.size > mostValuesListed) errors.push(moreValues(found.size - mostValuesListed, classes, file))
  return errors
}

/** A picture that is no label map at all has many wrong values; ten show what it is. */
const mostValuesListed = 10

function moreValues(count: number, classes: ClassList, file: string): PixelwiseError {
  return new PixelwiseError('labels/unknown-label', {
    what: `${count} more unknown label values in ${file}`,
    rule: expected(classes),
    next: 'check that the file is a label map of this data set',
  })
}

function expected({ names, ignoreLabel }: ClassList): string {
  return `expected 0..${names.length - 1}${ignoreLabel === undefined ? '' : ` or ${ignoreLabel} (ignore)`}`
}

/** 1 at every label that may stand in a map. */
function knownLabels({ names, ignoreLabel }: ClassList): Uint8Array {
  const known = new Uint8Array(Math.max(names.length, (ignoreLabel ?? 0) + 1))
  known.fill(1, 0, names.length)
  if (ignoreLabel !== undefined) known[ignoreLabel] = 1
  return known
}

function unknownLabel(
  { labels, width }: LabelMap,
  at: number,
  count: number,
  classes: ClassList,
  file: string,
): PixelwiseError {
  const more = count > 1 ? ` and ${count - 1} more pixels` : ''
  return new PixelwiseError('labels/unknown-label', {
    what: `label ${labels[at]} at (${Math.floor(at / width)}, ${at % width})${more} of ${file}`,
    rule: expected(classes),
    next: adviceToCheck,
  })
}

/** Throws `dataset/size-mismatch` when a label map and its image differ in size. */
export function validateSize(
  image: { readonly height: number; readonly width: number },
  labels: { readonly height: number; readonly width: number },
  imageFile: string,
  labelFile: string,
): void {
  if (image.height === labels.height && image.width === labels.width) return
  throw new PixelwiseError('dataset/size-mismatch', {
    what: `${labelFile} is ${labels.height}×${labels.width}, ${imageFile} is ${image.height}×${image.width}`,
    rule: 'an image and its labels have the same height and width',
    next: 'restore the file that was resized or rotated',
  })
}
