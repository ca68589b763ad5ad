import type { LabelMap } from '@pixelwise/masks'
import { PixelwiseError } from '@pixelwise/masks/shared'
import type { ClassList } from '../classes/class-list.js'

/**
 * Throws `labels/unknown-label` for the first label that is neither a class nor the ignore label, with its place.
 *
 * @param file the label map's file, for the message
 */
export function validateLabels({ labels, width }: LabelMap, { names, ignoreLabel }: ClassList, file: string): void {
  for (let i = 0; i < labels.length; i++) {
    const label = labels[i]
    if ((label >= 0 && label < names.length) || label === ignoreLabel) continue
    throw new PixelwiseError('labels/unknown-label', {
      what: `label ${label} at (${Math.floor(i / width)}, ${i % width}) of ${file}`,
      rule: `expected 0..${names.length - 1}${ignoreLabel === undefined ? '' : ` or ${ignoreLabel} (ignore)`}`,
      next: 'pass the right classes or run "pixelwise datasets check"',
    })
  }
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
