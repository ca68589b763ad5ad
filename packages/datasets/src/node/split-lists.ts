import { join } from 'node:path'
import { nearestName, PixelwiseError } from '@pixelwise/masks/shared'
import type { Problem } from '../checks/problem.js'
import { parseSplitList, splitListProblems } from '../formats/split-list.js'
import { listFolder, readText } from './files.js'

/** The names of the split lists in a folder, without `.txt`; `classes.txt` beside them is none. */
export async function splitNames(folder: string): Promise<string[]> {
  return (await listFolder(folder))
    .filter((name) => name.endsWith('.txt') && name !== 'classes.txt')
    .map((name) => name.slice(0, -4))
}

/** Reads the ids of a split. Rejects with `dataset/unknown-split`, listing the splits there are, and `dataset/bad-id`. */
export async function readSplit(folder: string, split: string, known?: readonly string[]): Promise<string[]> {
  const names = known ?? (await splitNames(folder))
  if (!names.includes(split)) throw unknownSplit(folder, split, names)
  const file = join(folder, `${split}.txt`)
  return parseSplitList(await readText(file), file)
}

export function unknownSplit(folder: string, split: string, names: readonly string[]): PixelwiseError {
  const near = nearestName(split, names)
  return new PixelwiseError('dataset/unknown-split', {
    what: `unknown split "${split}"`,
    rule: names.length === 0 ? `${folder} holds no lists` : `${folder} holds: ${names.join(', ')}`,
    next: near !== undefined ? `did you mean "${near}"?` : names.length > 0 ? 'choose among these' : 'check the path',
  })
}

/** What is wrong with the split lists of a folder; ids that `train` and `val` or `test` share are reported too. */
export async function splitProblems(folder: string, splits: readonly string[]): Promise<Problem[]> {
  const problems: Problem[] = []
  const members = new Map<string, Set<string>>()
  for (const split of splits) {
    const file = join(folder, `${split}.txt`)
    const text = await readText(file)
    problems.push(...splitListProblems(text, file))
    members.set(split, new Set(text.split('\n').map((line) => line.trim())))
  }
  for (const [one, other] of [
    ['train', 'val'],
    ['train', 'test'],
    ['val', 'test'],
  ]) {
    for (const id of members.get(one) ?? []) {
      if (id === '' || !members.get(other)?.has(id)) continue
      const message = `"${id}" is in both ${one}.txt and ${other}.txt of ${folder}: splits that are trained and scored on share no example; remove it from one`
      problems.push({ code: 'dataset/shared-id', id, message })
    }
  }
  return problems
}
