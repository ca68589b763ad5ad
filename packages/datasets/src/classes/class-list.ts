import { PixelwiseError } from '@pixelwise/masks/shared'
import { vocPalette } from './palette.js'

/** The classes of a data set: label i is `names[i]`. */
export interface ClassList {
  readonly names: readonly string[]
  /** The label of pixels that belong to no class and are neither trained on nor scored. */
  readonly ignoreLabel: number | undefined
  /** Red, green, blue per label, 256 entries. */
  readonly palette: Uint8Array
}

/** A class list with the VOC palette and label 255 ignored, unless told otherwise. */
export function classList(
  names: readonly string[],
  { ignoreLabel = 255, palette = vocPalette() }: { readonly ignoreLabel?: number; readonly palette?: Uint8Array } = {},
): ClassList {
  return { names, ignoreLabel, palette }
}

/**
 * Reads a class list from a text file's content: one name per line, label 0 first; blank lines are skipped.
 *
 * Throws `dataset/no-classes` for a text without a name; `file` is what it calls the text.
 */
export function parseClassList(text: string, file = 'the class list'): ClassList {
  const names = text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '')
  if (names.length > 0) return classList(names)
  throw new PixelwiseError('dataset/no-classes', {
    what: `${file} names no class`,
    rule: 'it has one name per line, that of label 0 first',
    next: 'write the names into it',
  })
}
