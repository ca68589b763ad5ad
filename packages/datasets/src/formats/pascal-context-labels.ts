import { PixelwiseError } from '@pixelwise/masks/shared'
import type { ClassList } from '../classes/class-list.js'

/** Names of the task that the full list spells otherwise. Source: Long 2016, reference data layer. */
const renamed: Readonly<Record<string, string>> = { diningtable: 'table', bedcloth: 'bedclothes', clothes: 'cloth' }

/**
 * Reads PASCAL-Context's list of all labels: lines such as `19: bedclothes`, numbered from 1.
 *
 * Throws `pascal-context/bad-line`, naming the line.
 */
export function parseContextNames(text: string, file: string): Map<string, number> {
  const numbers = new Map<string, number>()
  text.split('\n').forEach((line, i) => {
    if (line.trim() === '') return
    const match = /^\s*(\d{1,6}):\s*(\S.*)$/.exec(line)
    if (match === null) {
      throw new PixelwiseError('pascal-context/bad-line', {
        what: `line ${i + 1} of ${file} is ${JSON.stringify(line.trim().slice(0, 80))}`,
        rule: 'a line holds a number, a colon and a name',
        next: 'restore the list that comes with the data set',
      })
    }
    numbers.set(compact(match[2]), Number(match[1]))
  })
  return numbers
}

/**
 * The task's label for each label of the full list: entry k belongs to stored label k; labels outside the task become
 * background (0).
 *
 * Throws `pascal-context/unknown-class` when a class of the task is not in the full list.
 */
export function contextMapping(names: ReadonlyMap<string, number>, task: ClassList, file: string): Uint16Array {
  const mapping = new Uint16Array(1 + Math.max(0, ...names.values()))
  task.names.forEach((name, label) => {
    if (label === 0) return
    const key = compact(name)
    const stored = names.get(key) ?? names.get(renamed[key] ?? key)
    if (stored === undefined) {
      throw new PixelwiseError('pascal-context/unknown-class', {
        what: `${file} does not list "${name}"`,
        rule: 'every class of the task is one of the labels of the full list',
        next: 'restore the list, or pass the classes of your own task',
      })
    }
    mapping[stored] = label
  })
  return mapping
}

/** Names are compared without spaces and case. */
function compact(name: string): string {
  return name.replace(/\s+/g, '').toLowerCase()
}
