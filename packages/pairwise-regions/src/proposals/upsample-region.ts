import type { Mask } from '@pixelwise/masks'
import { bilinearTaps } from '../loss/bilinear-taps.js'
import type { PairArray } from '../pair-array.js'

/** Size of the image that masks are made for, in pixels. */
export interface ImageSize {
  readonly height: number
  readonly width: number
}

/**
 * Makes masks of the regions of one pathway at the resolution of the image.
 *
 * A region's cells are upsampled bilinearly (half-pixel centres, the outermost cells continue to the window's edge);
 * the mask is where the result is above a threshold, cut off at the image's edge. Runs are found column by column
 * without ever painting the image, so a mask costs what its window does.
 * Source: Long 2016, §4.3.6; Pinheiro et al. 2015.
 */
export class RegionUpsampler {
  readonly #regions: PairArray
  readonly #size: ImageSize
  readonly #threshold: number
  readonly #cell: Int32Array
  readonly #share: Float64Array
  /** One column of pixels, still a cell per row of cells. */
  readonly #line: Float64Array
  /** Where runs start and end, in pixels down the columns of the image. */
  readonly #edges: number[] = []

  /** @param threshold in the units of the regions: 0 for logits of a probability above one half */
  constructor(regions: PairArray, size: ImageSize, threshold = 0) {
    const { cell, share } = bilinearTaps(regions.window, regions.stride)
    this.#regions = regions
    this.#size = size
    this.#threshold = threshold
    this.#cell = cell
    this.#share = share
    this.#line = new Float64Array(regions.window + 1)
  }

  /** The mask of a region, by its row-major index in the grid; empty where its window lies beside the image. */
  mask(region: number): Mask {
    const { grid, window, stride, origin, step } = this.#regions
    const { height, width } = this.#size
    const top = stride * (step * Math.floor(region / grid[1]) - origin)
    const left = stride * (step * (region % grid[1]) - origin)
    const first = Math.max(0, -top)
    const last = Math.min(stride * window, height - top)
    this.#edges.length = 0
    for (let x = Math.max(0, -left); x < Math.min(stride * window, width - left); x++) {
      if (this.#readColumn(region, x)) this.#findRuns((left + x) * height + top, first, last)
    }
    return { height, width, counts: countsBetween(this.#edges, height * width) }
  }

  /** Interpolates a column of the window's cells for the pixels at x; false where none of it is above the threshold. */
  #readColumn(region: number, x: number): boolean {
    const { window, data } = this.#regions
    const line = this.#line
    const cell = this.#cell[x]
    const share = this.#share[x]
    const next = window === 1 ? 0 : 1
    let isAbove = false
    for (let row = 0, at = region * window * window + cell; row < window; row++, at += window) {
      line[row] = (1 - share) * data[at] + share * data[at + next]
      if (line[row] > this.#threshold) isAbove = true
    }
    return isAbove
  }

  #findRuns(start: number, first: number, last: number): void {
    const line = this.#line
    const cells = this.#cell
    const shares = this.#share
    const edges = this.#edges
    let isInside = false
    for (let y = first; y < last; y++) {
      const cell = cells[y]
      const share = shares[y]
      const isAbove = (1 - share) * line[cell] + share * line[cell + 1] > this.#threshold
      if (isAbove !== isInside) edges.push(start + y)
      isInside = isAbove
    }
    if (isInside) edges.push(start + last)
  }
}

/** Run lengths between edges in ascending order; runs that touch from one column to the next are one. */
function countsBetween(edges: readonly number[], end: number): Uint32Array {
  const counts = new Uint32Array(edges.length + 1)
  let length = 0
  let before = 0
  for (let i = 0; i < edges.length; i++) {
    // A run that starts where the last one ended goes on.
    if (i % 2 === 0 && i > 0 && edges[i] === before) {
      length--
      before -= counts[length]
      continue
    }
    counts[length++] = edges[i] - before
    before = edges[i]
  }
  if (end > before || length === 0) counts[length++] = end - before
  return counts.slice(0, length)
}
