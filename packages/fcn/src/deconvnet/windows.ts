import { PixelwiseError, type Preprocessing } from '@pixelwise/core'
import type { Box, LabelMap, Raster } from '@pixelwise/masks'
import type { LabelledImage } from '../pixel-batch.js'

/** What is cut out of an image becomes this. */
export interface WindowOptions {
  /** Height and width of the result in pixels. */
  readonly size: number
  readonly preprocessing: Preprocessing
  /** The label of what lies outside of the image. Default 255. */
  readonly ignoreLabel?: number
}

/**
 * Cuts a window out of an image and its labels and resizes it to a square: colours bilinear, labels nearest.
 *
 * What sticks out of the image is the mean colour, which the net sees as zero, and carries the ignore label. Boxes are
 * in pixels, as floats; pixel i covers [i, i + 1).
 * Throws `deconvnet/empty-box`. Source: Noh et al. 2015, §4.1.
 */
export function cutWindow({ id, image, labels }: LabelledImage, box: Box, options: WindowOptions): LabelledImage {
  checkBox(box)
  const window = { image: windowOfImage(image, box, options) }
  return {
    ...(id !== undefined && { id: `${id} at ${boxText(box)}` }),
    ...window,
    ...(labels && { labels: windowOfLabels(labels, box, options) }),
  }
}

function windowOfImage(image: Raster, box: Box, { size, preprocessing }: WindowOptions): Raster<Float32Array> {
  const { height, width, channels } = image
  const data = new Float32Array(size * size * channels)
  const { mean, channelOrder } = preprocessing
  const fill = channelOrder === 'bgr' ? [...mean].reverse() : mean
  for (let row = 0; row < size; row++) {
    const y = box.y + ((row + 0.5) * box.height) / size
    for (let column = 0; column < size; column++) {
      const x = box.x + ((column + 0.5) * box.width) / size
      const at = (row * size + column) * channels
      const isInside = y >= 0 && y < height && x >= 0 && x < width
      if (isInside) interpolate(image, y, x, data, at)
      else for (let c = 0; c < channels; c++) data[at + c] = fill[c]
    }
  }
  return { height: size, width: size, channels, data }
}

function windowOfLabels(labels: LabelMap, box: Box, { size, ignoreLabel = 255 }: WindowOptions): LabelMap<Int32Array> {
  const window = new Int32Array(size * size)
  for (let row = 0; row < size; row++) {
    const y = Math.floor(box.y + ((row + 0.5) * box.height) / size)
    for (let column = 0; column < size; column++) {
      const x = Math.floor(box.x + ((column + 0.5) * box.width) / size)
      const isInside = y >= 0 && y < labels.height && x >= 0 && x < labels.width
      window[row * size + column] = isInside ? labels.labels[y * labels.width + x] : ignoreLabel
    }
  }
  return { height: size, width: size, labels: window }
}

/**
 * Writes the bilinear value at a point to `target`, from index `at` on; points beyond the outermost pixel centres get
 * the value there. Coordinates in pixels; pixel i has its centre at i + ½.
 */
export function interpolate(
  { height, width, channels, data }: Raster,
  y: number,
  x: number,
  target: Float32Array,
  at: number,
): void {
  const row = Math.min(Math.max(y - 0.5, 0), height - 1)
  const column = Math.min(Math.max(x - 0.5, 0), width - 1)
  const [top, left] = [Math.floor(row), Math.floor(column)]
  const [down, right] = [row - top, column - left]
  const [bottom, side] = [Math.min(top + 1, height - 1), Math.min(left + 1, width - 1)]
  const [a, b] = [(top * width + left) * channels, (top * width + side) * channels]
  const [c, d] = [(bottom * width + left) * channels, (bottom * width + side) * channels]
  for (let channel = 0; channel < channels; channel++) {
    const above = data[a + channel] * (1 - right) + data[b + channel] * right
    const below = data[c + channel] * (1 - right) + data[d + channel] * right
    target[at + channel] = above * (1 - down) + below * down
  }
}

/** Throws `deconvnet/empty-box`. */
export function checkBox(box: Box): void {
  const { x, y, width, height } = box
  if (Number.isFinite(x) && Number.isFinite(y) && width > 0 && height > 0) return
  throw new PixelwiseError('deconvnet/empty-box', {
    what: `box ${boxText(box)}`,
    rule: 'a box is {x, y, width, height} in pixels, with a positive width and height',
    next: 'leave empty boxes out',
  })
}

function boxText({ x, y, width, height }: Box): string {
  return `${width}×${height}+${x}+${y}`
}
