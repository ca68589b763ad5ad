import type { Mask } from '@pixelwise/masks'
import { PixelwiseError } from '@pixelwise/masks/shared'
import type { OverlapOf } from '../nms/grid-suppression.js'
import { regionMasks } from '../nms/region-masks.js'
import { regionAt, suppressRegions } from '../nms/suppress-regions.js'
import type { PairArray } from '../pair-array.js'
import { type ImageSize, RegionUpsampler } from './upsample-region.js'

/** What one pathway of a net predicts for an image. */
export interface PathwayRegions {
  /** The logit of every cell of every region. */
  readonly regions: PairArray
  /** The logit that a region is an object, row by row; {@link maskConfidence} for nets that do not score. */
  readonly scores: ArrayLike<number>
}

/** A region that may be an object. */
export interface Proposal {
  /** At the resolution of the image. */
  readonly mask: Mask
  /** Probability that it is an object, 0..1. */
  readonly score: number
  /** Index of the pathway that predicts it, and its place in that pathway's grid. */
  readonly pathway: number
  readonly row: number
  readonly column: number
}

/** How many proposals there are, and what they must hold. */
export interface ProposalOptions {
  /** Most proposals per image. Default 1000. */
  readonly limit?: number
  /** A region is dropped when its IoU with a better one is above this; 1 keeps all. Default 0.7. */
  readonly maxIoU?: number
  /** Whether masks overlap, or the boxes around them. Default `'mask'`. */
  readonly of?: OverlapOf
  /** A pixel belongs to a mask when its probability is above this, between 0 and 1. Default 0.5; DeepMask takes 0.2. */
  readonly threshold?: number
}

/**
 * The proposals of an image, best first: the regions of all pathways ranked by score, suppressed at the resolution of
 * their pathways, and only those that remain upsampled to masks of the image.
 *
 * A region whose upsampled mask lies outside of the image is left out. Throws `regions/bad-threshold` and the errors of
 * {@link suppressRegions} and `regionMasks`.
 * Source: Long 2016, §4.3.5, §4.4.5.
 */
export function proposalsOf(
  pathways: readonly PathwayRegions[],
  size: ImageSize,
  { limit = 1000, maxIoU, of, threshold = 0.5 }: ProposalOptions = {},
): Proposal[] {
  const logit = logitOf(threshold)
  const scored = pathways.map(({ regions, scores }) => ({
    masks: regionMasks(regions, { ...size, threshold: logit }),
    scores,
  }))
  const upsamplers = pathways.map(({ regions }) => new RegionUpsampler(regions, size, logit))
  const { kept } = suppressRegions(scored, { limit, maxIoU, of })
  const proposals = Array.from(kept, (index): Proposal => {
    const { pathway, region, row, column } = regionAt(scored, index)
    const score = 1 / (1 + Math.exp(-scored[pathway].scores[region]))
    return { mask: upsamplers[pathway].mask(region), score, pathway, row, column }
  })
  return proposals.filter(({ mask }) => mask.counts.length > 1)
}

function logitOf(threshold: number): number {
  if (threshold > 0 && threshold < 1) return Math.log(threshold / (1 - threshold))
  throw new PixelwiseError('regions/bad-threshold', {
    what: `threshold is ${threshold}`,
    rule: 'a probability between 0 and 1, both exclusive',
    next: 'leave it out for 0.5',
  })
}

/**
 * How sure a net is of its regions' cells, as a score for nets that have none: the logit of the mean probability of the
 * cells that are more likely inside than outside. Empty regions score −Infinity.
 */
export function maskConfidence({ grid, window, data }: PairArray): Float32Array {
  const area = window * window
  return Float32Array.from({ length: grid[0] * grid[1] }, (_, region) => {
    let [sum, count] = [0, 0]
    for (let at = region * area; at < (region + 1) * area; at++) {
      if (data[at] <= 0) continue
      sum += 1 / (1 + Math.exp(-data[at]))
      count++
    }
    return count === 0 ? -Infinity : Math.log(sum / (count - sum))
  })
}
