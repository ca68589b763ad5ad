import type { LabelMap } from '@pixelwise/masks'
import { type ActiveRegion, windowStart } from '../loss/active-regions.js'
import { bilinearTaps } from '../loss/bilinear-taps.js'
import type { PairArray } from '../pair-array.js'

/** The region of a pathway that covers an object best. */
export interface BestRegion {
  /** Intersection over union, 0..1. */
  readonly overlap: number
  readonly row: number
  readonly column: number
}

/**
 * Intersection over union of each active region with its object, at the image's resolution: how well the shapes are
 * learned, whatever the scores.
 *
 * `regions` are the logits of one pathway for one image; a region is where its upsampled logits exceed `threshold` (0).
 * Pixels outside of the image and void ones, negative in `instances`, count for neither.
 */
export function activeOverlaps(
  regions: PairArray,
  instances: LabelMap,
  active: readonly ActiveRegion[],
  threshold = 0,
): Float64Array {
  const painter = new RegionPainter(regions, instances, threshold)
  return Float64Array.from(active, ({ row, column, instance }) => {
    const counts = painter.count(row, column)
    let visible = 0
    painter.visit(row, column, (label) => {
      if (label === instance) visible++
    })
    const inside = counts.get(instance) ?? 0
    return inside / (total(counts) + visible - inside)
  })
}

/**
 * For each object of an image the region of a pathway that covers it best, whatever the scores; objects that no region
 * touches are missing. Arguments as of {@link activeOverlaps}.
 * Source: Long 2016, §4.4.5 (ABO, R@x and AR follow from it), Figures 4.6 and 4.7.
 */
export function bestRegions(regions: PairArray, instances: LabelMap, threshold = 0): Map<number, BestRegion> {
  const painter = new RegionPainter(regions, instances, threshold)
  const areas = instanceAreas(instances)
  const [rows, columns] = regions.grid
  const best = new Map<number, BestRegion>()
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const counts = painter.count(row, column)
      const area = total(counts)
      for (const [instance, inside] of counts) {
        const whole = areas.get(instance)
        if (whole === undefined) continue
        const overlap = inside / (area + whole - inside)
        if (overlap > (best.get(instance)?.overlap ?? 0)) best.set(instance, { overlap, row, column })
      }
    }
  }
  return best
}

/** Pixels of each object of a map. */
export function instanceAreas({ labels }: LabelMap): Map<number, number> {
  const areas = new Map<number, number>()
  for (const label of labels) if (label > 0) areas.set(label, (areas.get(label) ?? 0) + 1)
  return areas
}

/** Upsamples regions one after the other and counts what labels lie under them. */
class RegionPainter {
  readonly #regions: PairArray
  readonly #instances: LabelMap
  readonly #threshold: number
  readonly #taps: ReturnType<typeof bilinearTaps>
  readonly #line: Float64Array

  constructor(regions: PairArray, instances: LabelMap, threshold: number) {
    this.#regions = regions
    this.#instances = instances
    this.#threshold = threshold
    this.#taps = bilinearTaps(regions.window, regions.stride)
    this.#line = new Float64Array(regions.window + 1)
  }

  /** How many pixels of each label a region covers. */
  count(row: number, column: number): Map<number, number> {
    const { window, grid, data } = this.#regions
    const start = (row * grid[1] + column) * window * window
    const { cell, share } = this.#taps
    const { width, labels } = this.#instances
    const [rows, columns] = this.#bounds(row, column)
    const line = this.#line
    const counts = new Map<number, number>()
    for (let y = rows.from; y < rows.to; y++) {
      const upper = start + cell[y] * window
      const lower = start + Math.min(cell[y] + 1, window - 1) * window
      for (let k = 0; k < window; k++) line[k] = (1 - share[y]) * data[upper + k] + share[y] * data[lower + k]
      const first = (rows.start + y) * width + columns.start
      let label = -1
      let run = 0
      for (let x = columns.from; x < columns.to; x++) {
        const k = cell[x]
        if (!((1 - share[x]) * line[k] + share[x] * line[k + 1] > this.#threshold)) continue
        const here = labels[first + x]
        if (here === label) {
          run++
          continue
        }
        if (label >= 0) counts.set(label, (counts.get(label) ?? 0) + run)
        label = here
        run = 1
      }
      if (label >= 0) counts.set(label, (counts.get(label) ?? 0) + run)
    }
    return counts
  }

  /** The labels of all pixels of a region's window that lie in the image. */
  visit(row: number, column: number, see: (label: number) => void): void {
    const { width, labels } = this.#instances
    const [rows, columns] = this.#bounds(row, column)
    for (let y = rows.from; y < rows.to; y++) {
      const first = (rows.start + y) * width + columns.start
      for (let x = columns.from; x < columns.to; x++) see(labels[first + x])
    }
  }

  #bounds(row: number, column: number) {
    const { stride, window } = this.#regions
    const { height, width } = this.#instances
    return [
      [row, height],
      [column, width],
    ].map(([index, length]) => {
      const start = windowStart(this.#regions, index)
      return { start, from: Math.max(0, -start), to: Math.min(stride * window, length - start) }
    })
  }
}

function total(counts: ReadonlyMap<number, number>): number {
  let sum = 0
  for (const count of counts.values()) sum += count
  return sum
}
