import { join } from 'node:path'
import { PixelwiseError } from '@pixelwise/masks/shared'
import { type ClassList, classList } from '../classes/class-list.js'
import { type MatValue, matField } from '../mat/mat-value.js'
import { readMat } from './read-mat.js'
import { unknownSplit } from './split-lists.js'

/** How many classes the labels of NYUDv2's original file become. */
export type NyudClassCount = 13 | 40 | 894

/** The classes of a task and the label of each stored number: 0 (nothing) and 1… (names of the file). */
export interface NyudTask {
  readonly classes: ClassList
  readonly labelOf: Uint16Array
}

/** Splits of the original file: `all` needs no list. */
export const nyudMatSplits = ['train', 'test', 'all'] as const

/** Image numbers of a split, from 1. Rejects with `dataset/unknown-split`, `nyud/bad-split`, `mat/*`. */
export async function readNyudSplit(folder: string, split: string, images: number): Promise<number[]> {
  if (split === 'all') return Array.from({ length: images }, (_, i) => i + 1)
  if (split !== 'train' && split !== 'test') throw unknownSplit(folder, split, nyudMatSplits)
  const file = join(folder, 'splits.mat')
  const numbers = numbersOf(await readMat(file), [`${split}Ndxs`], file)
  const wrong = numbers.find((number) => !Number.isInteger(number) || number < 1 || number > images)
  if (wrong === undefined) return numbers
  throw new PixelwiseError('nyud/bad-split', {
    what: `${split}Ndxs of ${file} names image ${wrong}`,
    rule: `the data has images 1..${images}`,
    next: 'restore the splits.mat that belongs to the data',
  })
}

/**
 * The task with that many classes: all names of the data, the 40 of Gupta et al. 2013 (`classMapping40.mat`), or the 13
 * of Couprie et al. 2013 (`class13Mapping.mat`, on top of the 40). Void is the ignore label: 255, or 65535 with all names.
 *
 * Rejects with `nyud/mapping-mismatch` when the files do not fit together, and with `mat/*`.
 */
export async function readNyudTask(folder: string, count: NyudClassCount, names: readonly string[]): Promise<NyudTask> {
  if (count === 894)
    return task(
      names,
      names.map((_, i) => i),
      65_535,
    )
  const file40 = join(folder, 'classMapping40.mat')
  const mapping40 = await readMat(file40)
  requireNames(file40, textsOf(mapping40, ['allClassName'], file40), names)
  const to40 = numbersOf(mapping40, ['mapClass'], file40).map((number) => number - 1)
  const classes40 = textsOf(mapping40, ['className'], file40)
  requireLabels(file40, to40, names.length, classes40.length)
  if (count === 40) return task(classes40, to40, 255)
  const file13 = join(folder, 'class13Mapping.mat')
  const mapping13 = await readMat(file13)
  const to13 = numbersOf(mapping13, ['classMapping13', 'labels13'], file13).map((number) => number - 1)
  const classes13 = textsOf(mapping13, ['classMapping13', 'classNames'], file13)
  requireLabels(file13, to13, classes40.length, classes13.length)
  return task(
    classes13,
    to40.map((label) => to13[label]),
    255,
  )
}

function task(names: readonly string[], labels: readonly number[], ignoreLabel: number): NyudTask {
  return { classes: classList(names, { ignoreLabel }), labelOf: Uint16Array.from([ignoreLabel, ...labels]) }
}

function numbersOf(variables: Readonly<Record<string, MatValue>>, path: readonly string[], file: string): number[] {
  const value = matField(variables, path, file)
  if (value.kind === 'numeric') return [...value.data]
  throw mismatch(file, `${path.join('.')} is a ${value.kind}`, 'it is a list of numbers')
}

function textsOf(variables: Readonly<Record<string, MatValue>>, path: readonly string[], file: string): string[] {
  const value = matField(variables, path, file)
  if (value.kind === 'cell') {
    const texts = value.cells.flatMap((cell) => (cell.kind === 'text' ? (cell.rows[0] ?? '') : []))
    if (texts.length === value.cells.length) return texts
  }
  throw mismatch(file, `${path.join('.')} is a ${value.kind}`, 'it is a cell array of names')
}

function requireNames(file: string, mapped: readonly string[], names: readonly string[]): void {
  const wrong = names.findIndex((name, i) => mapped[i] !== name)
  if (wrong === -1 && mapped.length === names.length) return
  const at = wrong === -1 ? names.length : wrong
  throw mismatch(
    file,
    `maps ${mapped.length} names, number ${at + 1} being ${JSON.stringify(mapped[at])}`,
    `the data has ${names.length} names, number ${at + 1} being ${JSON.stringify(names[at])}`,
  )
}

function requireLabels(file: string, labels: readonly number[], from: number, to: number): void {
  const wrong = labels.find((label) => !Number.isInteger(label) || label < 0 || label >= to)
  if (labels.length === from && wrong === undefined) return
  throw mismatch(
    file,
    wrong === undefined ? `maps ${labels.length} classes` : `maps to class ${wrong + 1}`,
    `${from} classes are mapped to 1..${to}`,
  )
}

function mismatch(file: string, what: string, rule: string): PixelwiseError {
  return new PixelwiseError('nyud/mapping-mismatch', {
    what: `${file} ${what}`,
    rule,
    next: 'use the mapping files that were published for the data',
  })
}
