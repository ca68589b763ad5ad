import type { ClassList, Dataset } from '@pixelwise/datasets'
import { counted, grouped, percent } from '../output/numbers.js'
import { table } from '../output/table.js'

/** What of a data set goes with its numbers in JSON. */
export function about({ name, split, classes }: Dataset): object {
  return { name, split, classes: classes.names }
}

/** `PASCAL VOC layout, val: 10 examples`. */
export function described({ name, split }: Dataset, examples: number): string {
  return `${name}, ${split}: ${counted(examples, 'example')}`
}

/** What was counted of each class. */
export interface ClassCounts {
  readonly classPixels: readonly number[]
  readonly classImages: readonly number[]
  readonly ignoredPixels: number
}

/** A table of the classes: their pixels, their share of what is labelled, and the images that hold them. */
export function balanceTable({ names }: ClassList, { classPixels, classImages, ignoredPixels }: ClassCounts): string {
  const labelled = classPixels.reduce((sum, count) => sum + count, 0)
  const columns = [
    { heading: '', align: 'right' },
    { heading: 'class' },
    { heading: 'pixels', align: 'right' },
    { heading: 'share', align: 'right' },
    { heading: 'images', align: 'right' },
  ] as const
  const rows = names.map((name, label) => [
    String(label),
    name,
    grouped(classPixels[label]),
    percent(classPixels[label] / labelled),
    String(classImages[label]),
  ])
  return table(columns, [...rows, ['', 'ignored', grouped(ignoredPixels), '', '']])
}
