import type { Raster } from '@pixelwise/masks'
import { nyudMeans } from '../classes/nyud.js'

/**
 * Natural logarithm of depth, the input of the published depth nets: `[H, W, 1] float32`.
 *
 * Depth is in millimetres. Pixels without a measurement (0) get `missing`, by default the mean of NYUDv2, so that they
 * become 0 when the mean is subtracted. Source: Long 2016, reference data layer (ln d − 7.844).
 */
export function logDepth(
  { height, width, data }: Raster<Uint16Array>,
  missing: number = nyudMeans.logDepth,
): Raster<Float32Array> {
  const logarithms = Float32Array.from(data, (millimetres) => (millimetres === 0 ? missing : Math.log(millimetres)))
  return { height, width, channels: 1, data: logarithms }
}
