import { MaskReach } from './mask-reach.js'
import { sharedCells, sharedCellsAcross } from './overlap.js'
import { columnMasks, type RegionMasks } from './region-masks.js'
import { firstWindow, lastWindow } from './window-range.js'

/** What suppression has cost, to be divided by the number of regions. */
export interface SuppressionWork {
  /** Places of the grids that were looked at. */
  readonly slots: number
  /** Pairs of regions that were intersected. */
  readonly intersections: number
}

/** What counts as a region's extent: its mask, or the tight box around it. */
export type OverlapOf = 'mask' | 'box'

/**
 * Greedy suppression while it runs: which regions of the pathways are still undecided, and what deciding has cost.
 *
 * Nothing is allocated per region but a buffer that grows to the largest neighbourhood.
 */
export class GridSuppression {
  readonly #pathways: readonly Pathway[]
  readonly #maxIoU: number
  readonly #of: OverlapOf
  readonly #reach: MaskReach
  #found = new Uint32Array(1024)
  #slots = 0
  #intersections = 0

  constructor(masks: readonly RegionMasks[], maxIoU: number, of: OverlapOf) {
    let first = 0
    this.#pathways = masks.map((pathway) => {
      const sizes = of === 'mask' ? pathway.cells : boxSizes(pathway)
      const state = { masks: pathway, first, sizes, undecided: sizes.slice(), largest: largest(sizes) }
      first += sizes.length
      return { ...state, columns: columnMasks(pathway) }
    })
    this.#maxIoU = maxIoU
    this.#of = of
    this.#reach = new MaskReach(Math.max(0, ...masks.map(({ window }) => window)))
  }

  get work(): SuppressionWork {
    return { slots: this.#slots, intersections: this.#intersections }
  }

  /**
   * Keeps a region, by its index through all pathways, and drops what overlaps it too much; false where it is dropped
   * already, or empty.
   */
  keep(index: number): boolean {
    const pathway = this.#pathwayOf(index)
    const region = index - pathway.first
    if (pathway.undecided[region] === 0) return false
    pathway.undecided[region] = 0
    if (this.#maxIoU < 1) this.#dropAround(pathway, region)
    return true
  }

  #pathwayOf(index: number): Pathway {
    let at = this.#pathways.length - 1
    while (index < this.#pathways[at].first) at--
    return this.#pathways[at]
  }

  #dropAround(from: Pathway, region: number): void {
    const { stride, grid, origin, step } = from.masks
    const column = region % grid[1]
    const row = (region - column) / grid[1]
    const top = stride * (step * row - origin)
    const left = stride * (step * column - origin)
    // An IoU above the limit takes more than this share of either region; a little less, for what rounding adds.
    const share = Math.max(0, this.#maxIoU - 1e-9)
    const reach = this.#reach
    if (this.#of === 'mask') reach.ofMask(from.masks, region, share)
    else reach.ofBox(from.masks, region, share)
    const area = from.sizes[region] * stride * stride
    for (const to of this.#pathways) {
      const { masks } = to
      const size = area / (masks.stride * masks.stride)
      const above = Math.floor(share * size) | 0 // see firstWindow
      const below = Math.min(65536, Math.ceil(size / Math.max(share, 1e-9))) | 0
      if (above >= to.largest || below - above <= 1) continue
      const firstRow = firstWindow(masks, top + stride * reach.fromRow)
      const lastRow = lastWindow(masks, top + stride * reach.toRow, masks.grid[0])
      const firstColumn = firstWindow(masks, left + stride * reach.fromColumn)
      const lastColumn = lastWindow(masks, left + stride * reach.toColumn, masks.grid[1])
      const slots = Math.max(0, lastRow - firstRow + 1) * Math.max(0, lastColumn - firstColumn + 1)
      if (slots === 0) continue
      this.#slots += slots
      if (this.#found.length < slots) this.#found = new Uint32Array(2 * slots)
      const found = this.#found
      const count = between(
        to.undecided,
        masks.grid[1],
        firstRow,
        lastRow,
        firstColumn,
        lastColumn,
        above,
        below,
        found,
      )
      if (count > 0) this.#dropAmong(from, region, to, found, count)
    }
  }

  /** Drops those of the regions found in a pathway whose overlap is too large. */
  #dropAmong(from: Pathway, region: number, to: Pathway, found: Uint32Array, count: number): void {
    const { undecided, columns } = to
    const a = from.masks
    const b = to.masks
    const columnsA = a.grid[1]
    const columnsB = b.grid[1]
    const boxesA = a.boxes
    const boxesB = b.boxes
    const byMask = this.#of === 'mask'
    const maxIoU = this.#maxIoU
    // All lengths in cells of the finer of both pathways.
    const unit = Math.min(a.stride, b.stride)
    const scaleA = a.stride / unit
    const scaleB = b.stride / unit
    const column = region % columnsA
    const startY = scaleA * (a.step * ((region - column) / columnsA) - a.origin)
    const startX = scaleA * (a.step * column - a.origin)
    const area = scaleA * scaleA * from.sizes[region]
    const top = startY + scaleA * boxesA[4 * region]
    const left = startX + scaleA * boxesA[4 * region + 1]
    const bottom = startY + scaleA * boxesA[4 * region + 2]
    const right = startX + scaleA * boxesA[4 * region + 3]
    for (let i = 0; i < count; i++) {
      const other = found[i]
      const otherColumn = other % columnsB
      const otherY = scaleB * (b.step * ((other - otherColumn) / columnsB) - b.origin)
      const otherX = scaleB * (b.step * otherColumn - b.origin)
      const y0 = Math.max(top, otherY + scaleB * boxesB[4 * other])
      const y1 = Math.min(bottom, otherY + scaleB * boxesB[4 * other + 2])
      const x0 = Math.max(left, otherX + scaleB * boxesB[4 * other + 1])
      const x1 = Math.min(right, otherX + scaleB * boxesB[4 * other + 3])
      if (y0 >= y1 || x0 >= x1) continue
      // I / (A + B − I) rises with I, so the most that can be shared decides first.
      const otherArea = scaleB * scaleB * undecided[other]
      const both = area + otherArea
      const most = Math.min((y1 - y0) * (x1 - x0), area, otherArea)
      if (most / (both - most) <= maxIoU) continue
      this.#intersections++
      let shared = (y1 - y0) * (x1 - x0)
      if (byMask) {
        const dy = startY - otherY
        const dx = startX - otherX
        if (from === to) shared = sharedCells(a, columns, region, other, dy, dx, y0 - startY, y1 - startY)
        else if (scaleA <= scaleB) {
          shared = sharedCellsAcross(
            a,
            region,
            b,
            other,
            scaleB,
            dy,
            dx,
            y0 - startY,
            x0 - startX,
            y1 - startY,
            x1 - startX,
          )
        } else {
          shared = sharedCellsAcross(
            b,
            other,
            a,
            region,
            scaleA,
            -dy,
            -dx,
            y0 - otherY,
            x0 - otherX,
            y1 - otherY,
            x1 - otherX,
          )
        }
      }
      if (shared / (both - shared) > maxIoU) undecided[other] = 0
    }
  }
}

interface Pathway {
  readonly masks: RegionMasks
  /** Index of the pathway's first region through all pathways. */
  readonly first: number
  /** Cells of every region's extent. */
  readonly sizes: Uint16Array
  /** The same, 0 once a region is kept or dropped: one number to look at for each neighbour. */
  readonly undecided: Uint16Array
  readonly largest: number
  readonly columns: Int32Array
}

/** Collects the regions of a rectangle of the grid whose size lies between two bounds, both exclusive; returns how many. */
function between(
  sizes: Uint16Array,
  width: number,
  firstRow: number,
  lastRow: number,
  firstColumn: number,
  lastColumn: number,
  above: number,
  below: number,
  found: Uint32Array,
): number {
  let count = 0
  for (let row = firstRow; row <= lastRow; row++) {
    const end = row * width + lastColumn
    for (let at = row * width + firstColumn; at <= end; at++) {
      const size = sizes[at]
      if (size > above && size < below) found[count++] = at
    }
  }
  return count
}

function boxSizes({ boxes, cells }: RegionMasks): Uint16Array<ArrayBuffer> {
  return Uint16Array.from(cells, (_, i) => (boxes[4 * i + 2] - boxes[4 * i]) * (boxes[4 * i + 3] - boxes[4 * i + 1]))
}

function largest(values: Uint16Array): number {
  return values.reduce((most, value) => Math.max(most, value), 0)
}
