import { PixelwiseError } from '@pixelwise/masks/shared'
import type { PairArray, PairGeometry } from '../pair-array.js'

/**
 * The region masks of a pathway, one bit per cell.
 *
 * Region `r` (row-major in the grid) owns the words from `1 + r·wordsPerRegion` on; cell `(row, column)` of its window
 * is bit `row·window + column` of them. A word of zeros ends every region and precedes the first, so that a region can
 * be read with its bits shifted.
 */
export interface RegionMasks extends PairGeometry {
  readonly words: Int32Array
  readonly wordsPerRegion: number
  /** Cells in the mask of every region; 0 for an empty one. */
  readonly cells: Uint16Array
  /** The tight box of every mask in cells of its window: four bytes top, left, bottom, right, the last two exclusive. */
  readonly boxes: Uint8Array
}

/** Size of the image, and which cells belong to a region. */
export interface RegionMaskOptions {
  /** Size of the image in pixels: cells outside of it belong to no region. */
  readonly height: number
  readonly width: number
  /** A cell belongs to the region where its number is above this. Default 0: logits of a probability above one half. */
  readonly threshold?: number
}

/** Windows of this many cells are the widest whose boxes fit bytes. */
const widestWindow = 255

/**
 * The masks of predicted regions at the resolution of their pathway: cells above the threshold, inside the image.
 *
 * A cell that reaches over the image's edge counts whole, as if the image were padded to whole cells.
 * Throws `regions/window-too-wide` above 255 cells, and `regions/not-a-number` where the net has diverged.
 */
export function regionMasks(regions: PairArray, { height, width, threshold = 0 }: RegionMaskOptions): RegionMasks {
  const masks = emptyRegionMasks(regions)
  const { grid, window, stride, origin, step, data } = regions
  const { words, wordsPerRegion } = masks
  const cellRows = Math.ceil(height / stride)
  const cellColumns = Math.ceil(width / stride)
  const area = window * window
  for (let region = 0, row = 0; row < grid[0]; row++) {
    const top = Math.max(0, origin - step * row)
    const bottom = Math.min(window, cellRows + origin - step * row)
    for (let column = 0; column < grid[1]; column++, region++) {
      const left = Math.max(0, origin - step * column)
      const right = Math.min(window, cellColumns + origin - step * column)
      const base = 1 + region * wordsPerRegion
      for (let y = top; y < bottom; y++) {
        for (let x = left, bit = y * window + left; x < right; x++, bit++) {
          const value = data[region * area + bit]
          if (value > threshold) words[base + (bit >>> 5)] |= 1 << (bit & 31)
          else if (Number.isNaN(value)) throw notANumber(row, column)
        }
      }
      measureRegion(masks, region)
    }
  }
  return masks
}

/** Room for the masks of a pathway, all of them empty. Set bits, then call {@link measureRegion}. */
export function emptyRegionMasks({ grid, window, stride, origin, step }: PairGeometry): RegionMasks {
  if (window > widestWindow) {
    throw new PixelwiseError('regions/window-too-wide', {
      what: `regions with windows of ${window}×${window} cells`,
      rule: `region masks have at most ${widestWindow} cells on a side`,
      next: 'predict large regions on a coarser pathway',
    })
  }
  const count = grid[0] * grid[1]
  const wordsPerRegion = Math.ceil((window * window) / 32) + 1
  return {
    ...{ grid, window, stride, origin, step, wordsPerRegion },
    words: new Int32Array(1 + count * wordsPerRegion),
    cells: new Uint16Array(count),
    boxes: new Uint8Array(4 * count),
  }
}

/** Counts the cells of a region whose bits were set, and finds their box. */
export function measureRegion({ window, words, wordsPerRegion, cells, boxes }: RegionMasks, region: number): void {
  const base = 1 + region * wordsPerRegion
  let [count, top, left, bottom, right] = [0, window, window, 0, 0]
  for (let at = 0; at < wordsPerRegion - 1; at++) {
    // Takes the lowest bit away until none is left.
    for (let rest = words[base + at]; rest !== 0; rest &= rest - 1) {
      const bit = 32 * at + 31 - Math.clz32(rest & -rest)
      const y = Math.floor(bit / window)
      const x = bit - y * window
      count++
      if (y < top) top = y
      if (y >= bottom) bottom = y + 1
      if (x < left) left = x
      if (x >= right) right = x + 1
    }
  }
  cells[region] = count
  if (count === 0) top = left = 0
  boxes[4 * region] = top
  boxes[4 * region + 1] = left
  boxes[4 * region + 2] = bottom
  boxes[4 * region + 3] = right
}

/**
 * For every shift `dx` of columns from `1 − window` to `window − 1`, the bits of a window whose column stays inside of
 * it: `wordsPerRegion` words each.
 */
export function columnMasks({ window, wordsPerRegion }: RegionMasks): Int32Array {
  const masks = new Int32Array((2 * window - 1) * wordsPerRegion)
  for (let dx = 1 - window; dx < window; dx++) {
    const base = (dx + window - 1) * wordsPerRegion
    for (let y = 0; y < window; y++) {
      for (let x = Math.max(0, -dx); x < Math.min(window, window - dx); x++) {
        const bit = y * window + x
        masks[base + (bit >>> 5)] |= 1 << (bit & 31)
      }
    }
  }
  return masks
}

function notANumber(row: number, column: number): PixelwiseError {
  return new PixelwiseError('regions/not-a-number', {
    what: `the region at row ${row}, column ${column} of the grid holds NaN`,
    rule: 'regions are numbers, infinite ones included',
    next: 'look at the weights: a net that has diverged predicts NaN; train it with a smaller learning rate',
  })
}
