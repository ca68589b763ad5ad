import type { LabelMap } from '@pixelwise/masks'
import { gridOf, type RegionPathway } from '../networks/region-net.js'
import type { PairGeometry } from '../pair-array.js'
import { type InstanceBox, instanceBoxes } from './instance-boxes.js'

/** A region that has an object to predict. */
export interface ActiveRegion {
  /** Its place in the grid. */
  readonly row: number
  readonly column: number
  /** The object that its centre lies in. */
  readonly instance: number
}

/**
 * The regions that learn: those whose centre pixel lies in an object that fits the window as a whole. All others are
 * left out of the loss.
 *
 * `instances` is at the image's resolution: 1, 2, … objects, 0 none, negative void. The objects' bounds may be given
 * where several pathways look at one map. Visits each region centre and each pixel once.
 * Source: Long 2016, §4.4.1.
 */
export function activeRegions(
  instances: LabelMap,
  pathway: RegionPathway,
  boxes: ReadonlyMap<number, InstanceBox> = instanceBoxes(instances),
): ActiveRegion[] {
  const { height, width, labels } = instances
  const [rows, columns] = gridOf(pathway, [height, width])
  const found: ActiveRegion[] = []
  for (let row = 0; row < rows; row++) {
    const top = windowStart(pathway, row)
    const centreRow = centreOf(pathway, top)
    if (centreRow < 0 || centreRow >= height) continue
    for (let column = 0; column < columns; column++) {
      const left = windowStart(pathway, column)
      const centreColumn = centreOf(pathway, left)
      if (centreColumn < 0 || centreColumn >= width) continue
      const instance = labels[centreRow * width + centreColumn]
      const box = boxes.get(instance)
      if (box !== undefined && fits(box, top, left, pathway)) found.push({ row, column, instance })
    }
  }
  return found
}

/** The first pixel of the window of a region, along one axis; negative where it sticks out of the image. */
export function windowStart({ stride, step, origin }: Omit<PairGeometry, 'grid'>, index: number): number {
  return stride * (step * index - origin)
}

/** The pixel that a window is centred at, along one axis: of an even number of pixels the one behind the middle. */
export function centreOf({ stride, window }: Omit<PairGeometry, 'grid'>, start: number): number {
  return start + Math.floor((stride * window) / 2)
}

function fits(box: InstanceBox, top: number, left: number, { stride, window }: RegionPathway): boolean {
  const size = stride * window
  return box.top >= top && box.bottom <= top + size && box.left >= left && box.right <= left + size
}
