import { PixelwiseError } from '@pixelwise/masks/shared'
import type { AxisMap } from './spatial-map.js'

/**
 * Caffe's coordinate map of one axis: pixel x of the bottom lies at `scale·x + shift` of the top.
 *
 * It says the same as an {@link AxisMap} read the other way round, without the kernel. Crop layers of before 2016 have
 * no offset: it is inferred from these maps.
 * Source: Caffe's coord_map.py.
 */
export interface CoordinateMap {
  readonly scale: number
  readonly shift: number
}

/** An {@link AxisMap} as Caffe writes it. */
export function toCoordinateMap({ stride, offset }: AxisMap): CoordinateMap {
  return { scale: 1 / stride, shift: -offset / stride + 0 }
}

/** `outer` after `inner`: bottom of inner → top of outer. */
export function composeCoordinates(outer: CoordinateMap, inner: CoordinateMap): CoordinateMap {
  return { scale: outer.scale * inner.scale, shift: outer.scale * inner.shift + outer.shift }
}

/** The map from the top back to the bottom. */
export function invertCoordinates({ scale, shift }: CoordinateMap): CoordinateMap {
  return { scale: 1 / scale, shift: -shift / scale + 0 }
}

/**
 * The offset of a legacy crop: how many cells of `cropped` lie before the first of `reference`, given where both lie
 * over a blob they have in common.
 *
 * Throws `crop/no-legacy-offset` when the two have different scales, or the offset is negative or between cells.
 */
export function legacyCropOffset(cropped: CoordinateMap, reference: CoordinateMap): number {
  const { scale, shift } = composeCoordinates(cropped, invertCoordinates(reference))
  const offset = Math.round(shift)
  if (Math.abs(scale - 1) < 1e-9 && offset >= 0 && Math.abs(shift - offset) < 1e-6) return offset + 0
  throw new PixelwiseError('crop/no-legacy-offset', {
    what: `cell 0 of the reference lies at ${shift} of the cropped map, scale ${scale}`,
    rule: 'a crop without an offset needs maps of one scale, and a whole offset of zero or more',
    next: 'check stride and pad of the layers between the two, or give the crop layer its offset',
  })
}
