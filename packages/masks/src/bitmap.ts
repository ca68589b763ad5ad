import { GrowingCounts } from './growing-counts.js'
import { type Mask, requireMaskSize } from './mask.js'
import type { LabelMap } from './raster.js'
import { PixelwiseError } from './shared/pixelwise-error.js'

/** The mask of all pixels with that label, or of all pixels that are not 0. Throws `masks/bad-size` when the map's labels do not fill it. */
export function encodeMask({ height, width, labels }: LabelMap, label?: number): Mask {
  requireMaskSize(height, width)
  if (labels.length !== height * width) {
    throw new PixelwiseError('masks/bad-size', {
      what: `a label map of ${height}×${width} with ${labels.length} labels`,
      rule: `it must have ${height * width}`,
      next: 'check height and width, or cut the array to size',
    })
  }
  const inside = label === undefined ? notZero : (value: number) => value === label
  const { rowsOfColumns, firstOfColumn } = changesDownColumns({ height, width, labels }, inside)
  const counts = new GrowingCounts()
  let runStart = 0
  let insideRun = false
  for (let column = 0; column < width && height > 0; column++) {
    const top = column * height
    if (inside(labels[column]) !== insideRun) {
      counts.push(top - runStart)
      runStart = top
      insideRun = !insideRun
    }
    for (let i = firstOfColumn[column]; i < firstOfColumn[column + 1]; i++) {
      counts.push(top + rowsOfColumns[i] - runStart)
      runStart = top + rowsOfColumns[i]
      insideRun = !insideRun
    }
  }
  counts.push(labels.length - runStart)
  return { height, width, counts: counts.finished() }
}

/** The mask as ones and zeros, row-major. */
export function decodeMask({ height, width, counts }: Mask): LabelMap<Uint8Array> {
  const labels = new Uint8Array(height * width)
  let position = 0
  for (let i = 0; i + 1 < counts.length; i += 2) {
    const start = position + counts[i]
    position = start + counts[i + 1]
    let row = start % height
    let column = (start - row) / height
    for (let left = counts[i + 1]; left > 0; ) {
      const length = Math.min(left, height - row)
      const end = (row + length) * width + column
      for (let at = row * width + column; at < end; at += width) labels[at] = 1
      left -= length
      row = 0
      column++
    }
  }
  return { height, width, labels }
}

const notZero = (value: number) => value !== 0

/**
 * The rows at which a column passes from outside to inside or back, column after column.
 *
 * Memory runs along rows, the counts of a mask down columns. So rows are compared with the one above them, four bytes at a time,
 * which mostly are equal; the few changes are then sorted into columns.
 */
function changesDownColumns({ height, width, labels }: LabelMap, inside: (value: number) => boolean) {
  const { words, wordsPerRow, pixelsPerWord } = asWords({ height, width, labels })
  const changes = new GrowingCounts()
  const firstOfColumn = new Uint32Array(width + 1)
  for (let at = wordsPerRow; at < words.length; at++) {
    if (words[at] === words[at - wordsPerRow]) continue
    const row = Math.floor(at / wordsPerRow)
    const left = (at - row * wordsPerRow) * pixelsPerWord
    const right = Math.min(left + pixelsPerWord, width)
    for (let column = left; column < right; column++) {
      const pixel = row * width + column
      if (inside(labels[pixel]) === inside(labels[pixel - width])) continue
      changes.push(pixel)
      firstOfColumn[column + 1]++
    }
  }
  for (let column = 0; column < width; column++) firstOfColumn[column + 1] += firstOfColumn[column]

  const pixels = changes.finished()
  const rowsOfColumns = new Uint32Array(pixels.length)
  const next = firstOfColumn.slice()
  for (const pixel of pixels) {
    const row = Math.floor(pixel / width)
    rowsOfColumns[next[pixel - row * width]++] = row
  }
  return { rowsOfColumns, firstOfColumn }
}

/** The labels as 32-bit words, every row starting with a new one. */
function asWords({ height, width, labels }: LabelMap) {
  const pixelsPerWord = 4 / labels.BYTES_PER_ELEMENT
  const wordsPerRow = Math.ceil(width / pixelsPerWord)
  if (width === wordsPerRow * pixelsPerWord && labels.byteOffset % 4 === 0) {
    return {
      words: new Uint32Array(labels.buffer, labels.byteOffset, wordsPerRow * height),
      wordsPerRow,
      pixelsPerWord,
    }
  }
  const words = new Uint32Array(wordsPerRow * height)
  const bytes = new Uint8Array(words.buffer)
  const bytesPerRow = width * labels.BYTES_PER_ELEMENT
  const source = new Uint8Array(labels.buffer, labels.byteOffset, labels.byteLength)
  for (let row = 0; row < height; row++) {
    bytes.set(source.subarray(row * bytesPerRow, (row + 1) * bytesPerRow), 4 * wordsPerRow * row)
  }
  return { words, wordsPerRow, pixelsPerWord }
}
