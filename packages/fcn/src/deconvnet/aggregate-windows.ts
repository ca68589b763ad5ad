import { type EngineOptions, PixelwiseError, type PreparedModel, predictScores } from '@pixelwise/core'
import type { Box, LabelMap, Raster } from '@pixelwise/masks'
import type { LayersModel } from '@tensorflow/tfjs-layers'
import { checkBox, cutWindow, interpolate, type WindowOptions } from './windows.js'

/** Which windows count, and how their scores are joined. */
export interface AggregateOptions extends WindowOptions, EngineOptions {
  /** Boxes with a shorter side, in pixels, are left out. Default 0; published: 112. */
  readonly smallest?: number
  /** So many of the boxes that are large enough take part, in their order. Default: all; published: 50. */
  readonly most?: number
  /** Windows that are run together. Default 1. */
  readonly batchSize?: number
}

/**
 * Scores an image by the windows that proposals cut out of it: each window is resized to the net's size, scored, resized
 * back, and every pixel keeps the largest score of each class; 0 where no window is.
 *
 * Proposals come best first. Returns scores `[H, W, classes]` of the image's size.
 * Throws `deconvnet/empty-box` and `deconvnet/no-window`. Source: Noh et al. 2015, §4.3 (equation 1).
 */
export async function aggregateWindows(
  net: LayersModel | PreparedModel,
  image: Raster,
  proposals: readonly Box[],
  options: AggregateOptions,
): Promise<Raster<Float32Array>> {
  const { smallest = 0, most = Infinity, batchSize = 1, preprocessing, engine } = options
  for (const box of proposals) checkBox(box)
  const boxes = proposals.filter(({ width, height }) => Math.min(width, height) >= smallest).slice(0, most)
  if (boxes.length === 0) throw noWindow(proposals.length, smallest, most)

  const { height, width } = image
  let sum: Raster<Float32Array> | undefined
  for (let first = 0; first < boxes.length; first += batchSize) {
    const batch = boxes.slice(first, first + batchSize)
    const windows = batch.map((box) => cutWindow({ image }, box, options).image)
    const scores = await predictScores(net, windows, { preprocessing, batchSize, ...(engine && { engine }) })
    const [{ channels }] = scores
    sum ??= { height, width, channels, data: new Float32Array(height * width * channels) }
    for (const [i, box] of batch.entries()) raiseTo(sum, scores[i], box)
  }
  // There is a box, and so a first batch.
  return sum!
}

/** Raises the scores under a box to those of its window, where they are larger. */
function raiseTo(target: Raster<Float32Array>, window: Raster, box: Box): void {
  const { height, width, channels, data } = target
  const [top, bottom] = [Math.max(0, Math.ceil(box.y - 0.5)), Math.min(height, Math.ceil(box.y + box.height - 0.5))]
  const [left, right] = [Math.max(0, Math.ceil(box.x - 0.5)), Math.min(width, Math.ceil(box.x + box.width - 0.5))]
  const scores = new Float32Array(channels)
  for (let row = top; row < bottom; row++) {
    const y = ((row + 0.5 - box.y) * window.height) / box.height
    for (let column = left; column < right; column++) {
      interpolate(window, y, ((column + 0.5 - box.x) * window.width) / box.width, scores, 0)
      const at = (row * width + column) * channels
      for (let c = 0; c < channels; c++) if (scores[c] > data[at + c]) data[at + c] = scores[c]
    }
  }
}

/**
 * The ensemble of two nets: their positive scores multiplied, class by class.
 *
 * Both are `[H, W, classes]`. Throws `deconvnet/sizes-differ`. Source: Noh et al. 2015, §4.4, with FCN-8s for the other.
 */
export function multiplyScores(one: Raster, other: Raster): Raster<Float32Array> {
  const { height, width, channels } = one
  if (height !== other.height || width !== other.width || channels !== other.channels) {
    const size = (raster: Raster) => `${raster.height}×${raster.width}×${raster.channels}`
    throw new PixelwiseError('deconvnet/sizes-differ', {
      what: `scores of ${size(one)} and of ${size(other)}`,
      rule: 'both nets score the same image and the same classes',
      next: 'check that the scores belong together',
    })
  }
  const data = Float32Array.from(one.data, (score, i) => Math.max(0, score) * Math.max(0, other.data[i]))
  return { height, width, channels, data }
}

/** The class of the largest score at each pixel; the first of equals, so background where no window is. */
export function labelsOfScores({ height, width, channels, data }: Raster): LabelMap<Int32Array> {
  const labels = new Int32Array(height * width)
  for (let pixel = 0; pixel < labels.length; pixel++) {
    let best = 0
    for (let c = 1; c < channels; c++) if (data[pixel * channels + c] > data[pixel * channels + best]) best = c
    labels[pixel] = best
  }
  return { height, width, labels }
}

function noWindow(proposals: number, smallest: number, most: number): PixelwiseError {
  return new PixelwiseError('deconvnet/no-window', {
    what: `none of ${proposals} boxes has sides of ${smallest} pixels or more${most === Infinity ? '' : ` among the first ${most}`}`,
    rule: 'scores come from at least one window',
    next: 'give more proposals, a lower limit, or the whole image as a box',
  })
}
