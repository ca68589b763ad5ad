import { bitsAt, lowBits, popcount } from './bits.js'
import type { RegionMasks } from './region-masks.js'

/**
 * Cells that two masks of one pathway share.
 *
 * Cell `(y, x)` of region `a` is cell `(y + dy, x + dx)` of region `b`. Both masks are strings of bits with rows of
 * equal length, so one is the other shifted by `dy·window + dx`; the bits that a shift would carry from one row into
 * the next are cut off by `columns`, the result of `columnMasks`. Rows `firstRow..lastRow − 1` of `a` must have their
 * counterpart inside the window of `b`.
 */
export function sharedCells(
  { window, words, wordsPerRegion }: RegionMasks,
  columns: Int32Array,
  a: number,
  b: number,
  dy: number,
  dx: number,
  firstRow: number,
  lastRow: number,
): number {
  const firstBit = firstRow * window + Math.max(-dx, 0)
  const lastBit = lastRow * window - 1 - Math.max(dx, 0)
  const shift = dy * window + dx
  const first = firstBit >>> 5
  const last = lastBit >>> 5
  const bits = shift & 31
  let atA = 1 + a * wordsPerRegion + first
  let atB = 1 + b * wordsPerRegion + first + (shift >> 5)
  let atColumns = (dx + window - 1) * wordsPerRegion + first
  let low = words[atB]
  let count = 0
  for (let at = first; at <= last; at++) {
    const high = words[++atB]
    count += popcount(words[atA++] & columns[atColumns++] & ((low >>> bits) | ((high << 1) << (31 - bits))))
    low = high
  }
  return count
}

/**
 * Fine cells that a mask of a fine pathway shares with one of a coarse pathway whose cells are `ratio` times as long.
 *
 * Fine cell `(y, x)` lies in coarse cell `(⌊(y + dy)/ratio⌋, ⌊(x + dx)/ratio⌋)`. Only rows `top..bottom − 1` and
 * columns `left..right − 1` of the fine window are looked at; their coarse cells must lie inside the coarse window.
 * Every coarse row is spread once to fine cells and met with the fine rows inside of it.
 */
export function sharedCellsAcross(
  fine: RegionMasks,
  fineRegion: number,
  coarse: RegionMasks,
  coarseRegion: number,
  ratio: number,
  dy: number,
  dx: number,
  top: number,
  left: number,
  bottom: number,
  right: number,
): number {
  const fineBase = 1 + fineRegion * fine.wordsPerRegion
  const coarseBase = 1 + coarseRegion * coarse.wordsPerRegion
  let count = 0
  for (let from = left; from < right; from += 32) {
    const width = Math.min(32, right - from)
    for (let row = top; row < bottom; ) {
      const coarseRow = Math.floor((row + dy) / ratio)
      const end = Math.min(bottom, (coarseRow + 1) * ratio - dy)
      const spread = spreadRow(coarse.words, coarseBase, coarseRow * coarse.window, ratio, from + dx, width)
      if (spread === 0) row = end
      for (; row < end; row++) {
        count += popcount(bitsAt(fine.words, fineBase, row * fine.window + from, width) & spread)
      }
    }
  }
  return count
}

/**
 * Fine columns `from..from + width − 1`, at most 32, of a coarse row that starts at a given bit; column 0 is where the
 * coarse window starts.
 */
function spreadRow(
  words: Int32Array,
  base: number,
  firstBit: number,
  ratio: number,
  from: number,
  width: number,
): number {
  let spread = 0
  for (let left = 0; left < width; ) {
    const column = Math.floor((from + left) / ratio)
    const right = Math.min(width, (column + 1) * ratio - from)
    const bit = firstBit + column
    if ((words[base + (bit >>> 5)] >>> (bit & 31)) & 1) spread |= lowBits(right) ^ lowBits(left)
    left = right
  }
  return spread
}
