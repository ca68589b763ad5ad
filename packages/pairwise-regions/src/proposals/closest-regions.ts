import type { LabelMap, Mask } from '@pixelwise/masks'
import { type BestRegion, bestRegions } from '../training/region-overlaps.js'
import type { PathwayRegions } from './propose.js'
import { RegionUpsampler } from './upsample-region.js'

/** The predicted region that covers an object best, of all pathways. */
export interface ClosestRegion extends BestRegion {
  /** Index of its pathway. */
  readonly pathway: number
  /** At the resolution of the image. */
  readonly mask: Mask
}

/**
 * For each object of an image the region that covers it best, whatever its score: what a net could propose at best.
 *
 * `instances` holds 1, 2, … for the objects, 0 for none, negative numbers where nothing counts. Objects that no region
 * touches are missing from the result. A region is where its logits, upsampled, exceed `threshold` (0).
 * Source: Long 2016, Figures 4.6 and 4.7.
 */
export function closestRegions(
  pathways: readonly Pick<PathwayRegions, 'regions'>[],
  instances: LabelMap,
  threshold = 0,
): Map<number, ClosestRegion> {
  const best = new Map<number, Omit<ClosestRegion, 'mask'>>()
  pathways.forEach(({ regions }, pathway) => {
    for (const [object, region] of bestRegions(regions, instances, threshold)) {
      if (region.overlap > (best.get(object)?.overlap ?? 0)) best.set(object, { ...region, pathway })
    }
  })
  const upsamplers = pathways.map(({ regions }) => new RegionUpsampler(regions, instances, threshold))
  return new Map(
    [...best].map(([object, region]) => {
      const columns = pathways[region.pathway].regions.grid[1]
      const mask = upsamplers[region.pathway].mask(region.row * columns + region.column)
      return [object, { ...region, mask }]
    }),
  )
}
