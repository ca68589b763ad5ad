import { PixelwiseError } from '@pixelwise/masks/shared'
import type { Problem } from '../checks/problem.js'

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
    if (!isPlainName(id)) throw badId(id, i + 1, file)
    ids.push(id)
  })
  return ids
}

/** Everything that is wrong with a split list: bad ids, ids that stand twice, a last line without its newline. */
export function splitListProblems(text: string, file: string): Problem[] {
  const problems: Problem[] = []
  const firstLine = new Map<string, number>()
  text.split('\n').forEach((line, i) => {
    const id = line.trim()
    if (id === '') return
    const first = firstLine.get(id)
    if (!isPlainName(id)) problems.push({ code: 'dataset/bad-id', message: badId(id, i + 1, file).message })
    else if (first !== undefined) {
      problems.push({
        code: 'dataset/duplicate-id',
        id,
        message: `line ${i + 1} of ${file} repeats "${id}" of line ${first}: an id stands once in a split; remove one of the lines`,
      })
    } else firstLine.set(id, i + 1)
  })
  if (text.length > 0 && !text.endsWith('\n')) {
    problems.push({
      code: 'dataset/no-final-newline',
      message: `${file} does not end with a newline: lists that are joined with such a file lose an id; add the newline`,
    })
  }
  return problems
}

/** Whether a name can be put into a path without leaving its folder. */
export function isPlainName(name: string): boolean {
  return /^[\p{L}\p{N}_-][\p{L}\p{M}\p{N}_. -]{0,199}$/u.test(name)
}

function badId(id: string, line: number, file: string): PixelwiseError {
  return new PixelwiseError('dataset/bad-id', {
    what: `line ${line} of ${file} is ${JSON.stringify(id.slice(0, 80))}`,
    rule: 'an id is a file name without folders: letters, digits, "_", "-", "." and spaces, not starting with "."',
    next: 'correct or remove the line',
  })
}
