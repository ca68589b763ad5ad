import { bitsAt } from './bits.js'
import type { RegionMasks } from './region-masks.js'

/**
 * How far from each end of a mask a window must reach to hold a share of it, per axis, in cells of the mask's window.
 *
 * A window that ends at or before `fromRow`, or starts at or after `toRow`, holds at most that share of the mask's
 * cells, and so does every mask in it. For share 0 these are the ends of the tight box; for shares above one half,
 * `fromRow` lies beyond `toRow`.
 */
export class MaskReach {
  fromRow = 0
  toRow = 0
  fromColumn = 0
  toColumn = 0
  readonly #rows: Uint16Array
  readonly #columns: Uint16Array

  /** @param widest cells along the widest window */
  constructor(widest: number) {
    this.#rows = new Uint16Array(widest)
    this.#columns = new Uint16Array(widest)
  }

  ofMask({ window, words, wordsPerRegion, cells, boxes }: RegionMasks, region: number, share: number): void {
    const top = boxes[4 * region]
    const left = boxes[4 * region + 1]
    const bottom = boxes[4 * region + 2]
    const right = boxes[4 * region + 3]
    const rows = this.#rows
    const columns = this.#columns
    const base = 1 + region * wordsPerRegion
    columns.fill(0, left, right)
    for (let y = top; y < bottom; y++) {
      let inRow = 0
      for (let from = left; from < right; from += 32) {
        const width = Math.min(32, right - from)
        const bits = bitsAt(words, base, y * window + from, width)
        for (let i = 0; i < width; i++) {
          const bit = (bits >>> i) & 1
          inRow += bit
          columns[from + i] += bit
        }
      }
      rows[y] = inRow
    }
    const amount = share * cells[region]
    this.fromRow = top + depth(rows, top, 1, amount)
    this.toRow = bottom - depth(rows, bottom - 1, -1, amount)
    this.fromColumn = left + depth(columns, left, 1, amount)
    this.toColumn = right - depth(columns, right - 1, -1, amount)
  }

  /** The same of the mask's box as a whole. */
  ofBox({ boxes }: RegionMasks, region: number, share: number): void {
    const top = boxes[4 * region]
    const left = boxes[4 * region + 1]
    const bottom = boxes[4 * region + 2]
    const right = boxes[4 * region + 3]
    this.fromRow = top + share * (bottom - top)
    this.toRow = bottom - share * (bottom - top)
    this.fromColumn = left + share * (right - left)
    this.toColumn = right - share * (right - left)
  }
}

/** How many rows (or columns) from one end on hold an amount less than all; cells are filled evenly. */
function depth(counts: Uint16Array, start: number, direction: 1 | -1, amount: number): number {
  let rest = amount
  let at = start
  while (counts[at] <= rest) {
    rest -= counts[at]
    at += direction
  }
  return (at - start) * direction + rest / counts[at]
}
