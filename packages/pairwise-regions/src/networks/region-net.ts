import type { Preprocessing } from '@pixelwise/core'
import type { LayersModel } from '@tensorflow/tfjs-layers'
import type { PairGeometry } from '../pair-array.js'

/** Where the regions of one output pathway lie; its grid follows from the image: {@link gridOf}. */
export interface RegionPathway extends Omit<PairGeometry, 'grid'> {
  /** The features it reads, by their name in the paper: `conv4_3`. */
  readonly name: string
}

/**
 * A net that proposes regions, and where they lie.
 *
 * `model` maps `[N, H, W, C]` images, H and W multiples of {@link sizeUnit}, to one output `[N, rows, columns, window²]`
 * of logits per pathway, in their order, the two indices of a window row-major in the last axis; where `scored`, then
 * to one output `[N, rows, columns, 1]` per pathway, the logit that the region is an object.
 * Source: Long 2016, §4.4.1.
 */
export interface RegionNet {
  readonly model: LayersModel
  /** Fine to coarse. */
  readonly pathways: readonly RegionPathway[]
  readonly scored: boolean
  readonly preprocessing: Preprocessing
}

/** Heights and widths of a net's input are multiples of this many pixels, so that the cells of all pathways nest. */
export function sizeUnit(pathways: readonly RegionPathway[]): number {
  return Math.max(...pathways.map(({ stride }) => stride))
}

/** Rows and columns of regions for an image of so many pixels. */
export function gridOf(
  { stride, step }: Pick<RegionPathway, 'stride' | 'step'>,
  [height, width]: readonly [height: number, width: number],
): readonly [rows: number, columns: number] {
  return [Math.ceil(Math.ceil(height / stride) / step), Math.ceil(Math.ceil(width / stride) / step)]
}

/** How many regions a net gives for an image of so many pixels. */
export function regionCount(
  pathways: readonly Pick<RegionPathway, 'stride' | 'step'>[],
  size: readonly [height: number, width: number],
): number {
  return pathways.reduce((sum, pathway) => {
    const [rows, columns] = gridOf(pathway, size)
    return sum + rows * columns
  }, 0)
}
