import type { Message } from '../prototxt/message.js'
import type { CaffeLayer } from './feature.js'
import type { Translation } from './translation.js'

/** Rows and columns of a setting that Caffe lets one write in two ways. */
export type Pair = readonly [rows: number, columns: number]

/**
 * A setting of a window: repeated or single (`pad: 1`, `pad: 1 pad: 2`), or by axis (`pad_h: 1 pad_w: 2`).
 *
 * `least` is the smallest value that makes sense. Throws `caffe/layer` where both ways are used, or a value is too small.
 */
export function windowPair(
  net: Translation,
  layer: CaffeLayer,
  settings: Message,
  {
    names,
    otherwise,
    least,
  }: { names: readonly [all: string, rows: string, columns: string]; otherwise?: number; least: number },
): Pair {
  const [all, rows, columns] = names
  const repeated = settings.numbers(all)
  const byAxis = settings.has(rows) || settings.has(columns)
  if (repeated.length > 0 && byAxis) {
    const what = `has ${all} and ${settings.has(rows) ? rows : columns}`
    throw net.error(layer, what, `either ${all}, or ${rows} and ${columns}`, 'remove one of them')
  }
  if (repeated.length > 2) {
    throw net.error(
      layer,
      `has ${repeated.length} values of ${all}`,
      'maps have two axes',
      'give one value, or rows and columns',
    )
  }
  const fallback = byAxis && otherwise !== undefined ? otherwise : (repeated[0] ?? otherwise)
  const height = byAxis ? (settings.number(rows) ?? fallback) : fallback
  const width = byAxis ? (settings.number(columns) ?? fallback) : (repeated[1] ?? fallback)
  if (height === undefined || width === undefined) {
    throw net.error(
      layer,
      `has no ${all}`,
      'the size of the window must be known',
      `add ${all}, or ${rows} and ${columns}`,
    )
  }
  const bad = [height, width].find((value) => value < least || value > largest)
  if (bad === undefined) return [height, width]
  throw net.error(layer, `has ${all} ${bad}`, `it lies between ${least} and ${largest}`, `correct ${all}`)
}

/** Windows beyond any map; padding of that size could not be computed either. */
const largest = 65536
