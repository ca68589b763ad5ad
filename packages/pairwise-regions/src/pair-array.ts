import { PixelwiseError } from '@pixelwise/masks/shared'

/**
 * Where the entries of a pair array lie.
 *
 * Entry `(c, i)` speaks about region `c` of the grid and the cell `step·c + i − origin`, both two-vectors (row, column).
 * The window of region `c` is `[stride·(step·c − origin), stride·(step·c − origin + window))` in pixels per axis and may
 * stick out of the image. The origin travels with the array: an even window is symmetric about a corner of cells, so
 * that transposing it moves the origin from `window/2` to `window/2 − 1` and back.
 *
 * Source: Long 2016, §4.3.1.
 */
export interface PairGeometry {
  /** Rows and columns of regions. */
  readonly grid: readonly [number, number]
  /** Cells along one side of a region's window. */
  readonly window: number
  /** Pixels along one side of a cell. */
  readonly stride: number
  /** The index in the window that stands for the region's own cell. */
  readonly origin: number
  /** Cells from one region's centre to the next: 1 where every cell is the centre of a region. */
  readonly step: number
}

/** A number for each pair of a region and a cell of its window: `[rows, columns, window, window]`, row-major. */
export interface PairArray extends PairGeometry {
  readonly data: Float32Array
}

/** The origin of a window about its centre: the middle cell, or for an even window the cell behind the middle corner. */
export function centredOrigin(window: number): number {
  return Math.floor(window / 2)
}

/** The origin of the transposed array: reversing the window's offsets maps index `i` to `window − 1 − i`. */
export function transposedOrigin({ window, origin }: Pick<PairGeometry, 'window' | 'origin'>): number {
  return window - 1 - origin
}

/** How many numbers a pair array of this geometry holds. */
export function pairCount({ grid: [rows, columns], window }: PairGeometry): number {
  return rows * columns * window * window
}

/**
 * Puts data and geometry together; without data every entry is zero.
 *
 * Throws `pair-array/bad-geometry` where a size is not a whole number in its range, and `pair-array/wrong-length` where
 * the data has another number of entries.
 */
export function pairArray(
  { grid, window, stride, origin = centredOrigin(window), step = 1 }: PartialPairGeometry,
  data?: Float32Array,
): PairArray {
  const geometry = { grid, window, stride, origin, step }
  checkGeometry(geometry)
  const expected = pairCount(geometry)
  if (data && data.length !== expected) {
    throw new PixelwiseError('pair-array/wrong-length', {
      what: `${data.length} numbers for a pair array of ${grid[0]}×${grid[1]} regions with windows of ${window}×${window} cells`,
      rule: `such an array holds ${expected} numbers`,
      next: 'check the grid and the window, or lay the data out as [rows, columns, window, window]',
    })
  }
  return { ...geometry, data: data ?? new Float32Array(expected) }
}

/** A geometry whose origin and step may be left out: the centre, and 1. */
export type PartialPairGeometry = Pick<PairGeometry, 'grid' | 'window' | 'stride'> &
  Partial<Pick<PairGeometry, 'origin' | 'step'>>

function checkGeometry({ grid: [rows, columns], window, stride, origin, step }: PairGeometry): void {
  const rules: [name: string, value: number, least: number, most: number][] = [
    ['grid rows', rows, 1, Infinity],
    ['grid columns', columns, 1, Infinity],
    ['window', window, 1, Infinity],
    ['stride', stride, 1, Infinity],
    ['origin', origin, 0, window - 1],
    ['step', step, 1, Infinity],
  ]
  for (const [name, value, least, most] of rules) {
    if (Number.isInteger(value) && value >= least && value <= most) continue
    throw new PixelwiseError('pair-array/bad-geometry', {
      what: `${name} is ${value}`,
      rule: `a whole number from ${least}${most === Infinity ? '' : ` to ${most}`}`,
      next: 'give cells for grid, window, origin and step, and pixels for the stride',
    })
  }
}
