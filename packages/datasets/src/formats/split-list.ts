import { PixelwiseError } from '@pixelwise/masks/shared'

/**
 * Reads a split list: one id per line, blank lines skipped.
 *
 * An id becomes part of a path, so it must be a plain file name. Throws `dataset/bad-id` with the line otherwise.
 */
export function parseSplitList(text: string, file: string): string[] {
  const ids: string[] = []
  text.split('\n').forEach((line, i) => {
    const id = line.trim()
    if (id === '') return
    if (!isPlainName(id)) {
      throw new PixelwiseError('dataset/bad-id', {
        what: `line ${i + 1} of ${file} is ${JSON.stringify(id.slice(0, 80))}`,
        rule: 'an id is a file name without folders: letters, digits, "_", "-", "." and spaces, not starting with "."',
        next: 'correct or remove the line',
      })
    }
    ids.push(id)
  })
  return ids
}

/** Whether a name can be put into a path without leaving its folder. */
export function isPlainName(name: string): boolean {
  return /^[\p{L}\p{N}_-][\p{L}\p{N}_. -]{0,199}$/u.test(name)
}
