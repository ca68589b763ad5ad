import type { LabelData, LabelMap, Raster, RasterData } from '@pixelwise/masks'
import type { Sample } from '../dataset.js'
import { mapParts } from '../sample-parts.js'

/** A rectangle of pixels; it may stick out of the picture. */
export interface Window {
  readonly top: number
  readonly left: number
  readonly height: number
  readonly width: number
}

/** What stands where a window sticks out of the picture. */
export interface FillOptions {
  /** Red, green, blue 0..255; default the ImageNet mean, which becomes 0 when means are subtracted. */
  readonly colour?: readonly [number, number, number]
  /** The label that is neither trained on nor scored; default 255. */
  readonly ignoreLabel?: number
}

const meanColour = [123, 117, 104] as const

/** The means of NYUDv2's HHA pictures, rounded. */
const meanHha = [132, 94, 118] as const

/**
 * Cuts a window out of image, labels and all other parts alike; one function crops, pads and shifts.
 *
 * Outside the picture the image has the fill colour, label maps the ignore label, depth 0 (not measured), HHA its mean.
 */
export function cutWindow(
  sample: Sample,
  window: Window,
  { colour = meanColour, ignoreLabel = 255 }: FillOptions = {},
): Sample {
  const fill = { image: colour, depth: [0], hha: meanHha }
  return mapParts(
    sample,
    (picture, kind) => cutRaster(picture, window, fill[kind]),
    (map) => cutLabels(map, window, ignoreLabel),
  )
}

function cutRaster<Data extends RasterData>(
  raster: Raster<Data>,
  window: Window,
  fill: readonly number[],
): Raster<Data> {
  const { height, width, channels } = raster
  const { height: newHeight, width: newWidth } = window
  const data = emptyLike(raster.data, newHeight * newWidth * channels)
  if (!contains(window, height, width)) for (let i = 0; i < data.length; i++) data[i] = fill[i % channels]
  copyRows(raster.data, data, height, width, channels, window)
  return { height: newHeight, width: newWidth, channels, data }
}

function cutLabels<Labels extends LabelData>(map: LabelMap<Labels>, window: Window, fill: number): LabelMap<Labels> {
  const labels = emptyLike(map.labels, window.height * window.width)
  if (!contains(window, map.height, map.width)) labels.fill(fill)
  copyRows(map.labels, labels, map.height, map.width, 1, window)
  return { height: window.height, width: window.width, labels }
}

function contains({ top, left, height, width }: Window, imageHeight: number, imageWidth: number): boolean {
  return top >= 0 && left >= 0 && top + height <= imageHeight && left + width <= imageWidth
}

function copyRows(
  source: RasterData | LabelData,
  target: RasterData | LabelData,
  height: number,
  width: number,
  channels: number,
  { top, left, height: newHeight, width: newWidth }: Window,
): void {
  const firstColumn = Math.max(0, left)
  const lastColumn = Math.min(width, left + newWidth)
  if (firstColumn >= lastColumn) return
  for (let row = Math.max(0, top); row < Math.min(height, top + newHeight); row++) {
    const from = (row * width + firstColumn) * channels
    const to = ((row - top) * newWidth + firstColumn - left) * channels
    target.set(source.subarray(from, from + (lastColumn - firstColumn) * channels), to)
  }
}

/** A new array of the same type, all zeros. */
export function emptyLike<Data extends RasterData | LabelData>(data: Data, length: number): Data {
  // Typed arrays' constructors make arrays of their own type, which TypeScript cannot express.
  return new (data.constructor as new (length: number) => Data)(length)
}
