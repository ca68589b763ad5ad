import type { LabelData, LabelMap, Raster, RasterData } from '@pixelwise/masks'
import type { Sample } from '../dataset.js'
import { mapParts } from '../sample-parts.js'
import { emptyLike } from './window.js'

/**
 * Scales colour and HHA pictures (bilinear), label maps and depth (nearest pixel) to a size.
 *
 * Pixel centres are aligned at half pixels, so that image and labels stay in register; shrinking does not average.
 * Labels and depth are never blended: a mean of two classes is no class, a mean across an edge is no depth.
 */
export function resize(sample: Sample, height: number, width: number): Sample {
  return mapParts(
    sample,
    (picture, kind) =>
      kind === 'depth' ? resizeNearest(picture, height, width) : resizeBilinear(picture, height, width),
    (map) => resizeLabels(map, height, width),
  )
}

/** Bilinear interpolation between pixel centres, edges repeated; 8 and 16 bit values are rounded. */
export function resizeBilinear<Data extends RasterData>(
  raster: Raster<Data>,
  height: number,
  width: number,
): Raster<Data> {
  const { channels, data } = raster
  const result = emptyLike(data, height * width * channels)
  const rounds = !(data instanceof Float32Array)
  const rows = sources(raster.height, height)
  const columns = sources(raster.width, width)
  let target = 0
  for (const { low: top, high: bottom, weight: down } of rows) {
    for (const { low: left, high: right, weight: across } of columns) {
      for (let c = 0; c < channels; c++) {
        const at = (row: number, column: number) => data[(row * raster.width + column) * channels + c]
        const upper = at(top, left) + (at(top, right) - at(top, left)) * across
        const lower = at(bottom, left) + (at(bottom, right) - at(bottom, left)) * across
        const value = upper + (lower - upper) * down
        result[target++] = rounds ? Math.round(value) : value
      }
    }
  }
  return { height, width, channels, data: result }
}

/** Takes for each new pixel the label under its centre. */
export function resizeLabels<Labels extends LabelData>(
  map: LabelMap<Labels>,
  height: number,
  width: number,
): LabelMap<Labels> {
  return { height, width, labels: nearest(map.labels, map.height, map.width, height, width) }
}

function resizeNearest<Data extends RasterData>(raster: Raster<Data>, height: number, width: number): Raster<Data> {
  return { ...raster, height, width, data: nearest(raster.data, raster.height, raster.width, height, width) }
}

function sources(size: number, newSize: number): { low: number; high: number; weight: number }[] {
  return Array.from({ length: newSize }, (_, i) => {
    const position = Math.min(size - 1, Math.max(0, ((i + 0.5) * size) / newSize - 0.5))
    const low = Math.floor(position)
    return { low, high: Math.min(size - 1, low + 1), weight: position - low }
  })
}

/** For pictures of one channel and label maps. */
function nearest<Data extends LabelData | RasterData>(
  data: Data,
  height: number,
  width: number,
  newHeight: number,
  newWidth: number,
): Data {
  const result = emptyLike(data, newHeight * newWidth)
  const columns = Int32Array.from({ length: newWidth }, (_, i) => Math.floor(((i + 0.5) * width) / newWidth))
  for (let row = 0; row < newHeight; row++) {
    const start = Math.floor(((row + 0.5) * height) / newHeight) * width
    for (let column = 0; column < newWidth; column++) result[row * newWidth + column] = data[start + columns[column]]
  }
  return result
}
