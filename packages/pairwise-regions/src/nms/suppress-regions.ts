import { PixelwiseError } from '@pixelwise/masks/shared'
import { GridSuppression, type OverlapOf, type SuppressionWork } from './grid-suppression.js'
import type { RegionMasks } from './region-masks.js'
import { scoreOrder } from './score-order.js'

/** The regions of one pathway with a score for each, row-major. */
export interface ScoredRegions {
  readonly masks: RegionMasks
  readonly scores: ArrayLike<number>
}

/** When a region is dropped, and how many are kept. */
export interface SuppressionOptions {
  /** A region is dropped when its IoU with one that is kept is **above** this. Default 0.7. */
  readonly maxIoU?: number
  /** Ends when so many are kept. Default: all. */
  readonly limit?: number
  /** Whether masks overlap, or the tight boxes around them. Default `'mask'`. */
  readonly of?: OverlapOf
}

/** What suppression kept, and the work it took. */
export interface Suppression {
  /** The regions kept, best first, by their index through the pathways in the order given; see {@link regionAt}. */
  readonly kept: Uint32Array
  readonly work: SuppressionWork
}

/**
 * Non-max suppression of the regions of all pathways together, in time linear in their number.
 *
 * Greedy and exact: by descending score (float32; ties by pathway, row, column) a region is kept unless its IoU with a
 * kept one is above `maxIoU`. Empty regions are dropped. Masks are compared as they were predicted, a cell standing for
 * its `stride × stride` pixels.
 *
 * Regions lie on grids, so those that can overlap a given one are known beforehand. Around a kept region, each pathway
 * is searched only where windows hold enough of its mask, and only areas within a factor of `maxIoU` are intersected:
 * all others cannot reach the limit, and greedy suppression depends on nothing else.
 *
 * Throws `suppression/score-not-a-number`, `suppression/scores-do-not-fit`, `suppression/bad-option`, and
 * `suppression/strides-do-not-nest` unless of any two strides one divides the other.
 * Source: Long 2016, §4.3.5.
 */
export function suppressRegions(
  pathways: readonly ScoredRegions[],
  { maxIoU = 0.7, limit = Infinity, of = 'mask' }: SuppressionOptions = {},
): Suppression {
  checkOptions(maxIoU, limit)
  checkNesting(pathways)
  const order = scoreOrder(allScores(pathways))
  const suppression = new GridSuppression(
    pathways.map(({ masks }) => masks),
    maxIoU,
    of,
  )
  const kept = new Uint32Array(Math.min(limit, order.length))
  let count = 0
  for (let i = 0; i < order.length && count < kept.length; i++) {
    if (suppression.keep(order[i])) kept[count++] = order[i]
  }
  return { kept: kept.slice(0, count), work: suppression.work }
}

/** Where a region lies. */
export interface RegionPlace {
  /** Index of the pathway in the order given. */
  readonly pathway: number
  /** Index of the region in its pathway, row-major. */
  readonly region: number
  readonly row: number
  readonly column: number
}

/** The place of a region that {@link suppressRegions} names by its index through all pathways. */
export function regionAt(pathways: readonly { readonly masks: RegionMasks }[], index: number): RegionPlace {
  let [pathway, region] = [0, index]
  while (region >= pathways[pathway].masks.cells.length) region -= pathways[pathway++].masks.cells.length
  const columns = pathways[pathway].masks.grid[1]
  return { pathway, region, row: Math.floor(region / columns), column: region % columns }
}

function allScores(pathways: readonly ScoredRegions[]): Float32Array {
  const scores = new Float32Array(pathways.reduce((sum, { masks }) => sum + masks.cells.length, 0))
  let at = 0
  pathways.forEach((pathway, index) => {
    const count = pathway.masks.cells.length
    if (pathway.scores.length !== count) {
      throw new PixelwiseError('suppression/scores-do-not-fit', {
        what: `pathway ${index} has ${pathway.scores.length} scores for ${count} regions`,
        rule: 'every region has one score, row by row',
        next: 'pass the scores of the same grid',
      })
    }
    scores.set(pathway.scores, at)
    at += count
  })
  return scores
}

function checkOptions(maxIoU: number, limit: number): void {
  if (!(maxIoU >= 0)) throw badOption('maxIoU', maxIoU, 'a number from 0 on; nothing is dropped from 1 on')
  if (limit !== Infinity && !(Number.isInteger(limit) && limit >= 0)) {
    throw badOption('limit', limit, 'a whole number, or Infinity to keep all')
  }
}

function badOption(name: string, value: number, rule: string): PixelwiseError {
  return new PixelwiseError('suppression/bad-option', {
    what: `${name} is ${value}`,
    rule,
    next: 'leave it out for the default',
  })
}

/** Cells of one pathway must be whole numbers of cells of any finer one: then overlaps are counted, not estimated. */
function checkNesting(pathways: readonly ScoredRegions[]): void {
  const strides = [...new Set(pathways.map(({ masks }) => masks.stride))].sort((a, b) => a - b)
  const at = strides.findIndex((stride, i) => i > 0 && stride % strides[i - 1] !== 0)
  if (at === -1) return
  throw new PixelwiseError('suppression/strides-do-not-nest', {
    what: `pathways of strides ${strides.join(', ')}`,
    rule: `of any two strides one divides the other, and ${strides[at - 1]} does not divide ${strides[at]}`,
    next: 'suppress pathways whose strides nest together, the others on their own',
  })
}
