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
  const counts = new GrowingCounts()
  const wanted = label ?? 0
  const insideIsEqual = label !== undefined
  let inside = false
  let runStart = 0
  let position = 0
  for (let column = 0; column < width; column++) {
    const end = labels.length
    for (let i = column; i < end; i += width, position++) {
      if (((labels[i] === wanted) === insideIsEqual) !== inside) {
        counts.push(position - runStart)
        runStart = position
        inside = !inside
      }
    }
  }
  counts.push(position - runStart)
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
