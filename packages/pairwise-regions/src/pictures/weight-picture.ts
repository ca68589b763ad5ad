import type { Raster } from '@pixelwise/masks'
import { PixelwiseError } from '@pixelwise/masks/shared'
import { windowOfChannels } from '../ops/pair-channels.js'

/** The filter of a convolution that predicts regions: `[k, k, C, R·R]` numbers, as the layer's first weight holds them. */
export interface RegionFilter {
  readonly shape: readonly (number | null)[]
  readonly values: ArrayLike<number>
}

/** What of the weights is shown, and how large. */
export interface WeightPictureOptions {
  /**
   * Shows the weights themselves (default), or how those of each output cell differ from those of the cell above it
   * (`rows`) or to the left of it (`columns`).
   */
  readonly difference?: 'none' | 'rows' | 'columns'
  /** Empty cells between the blocks. Default 1. */
  readonly gap?: number
}

/**
 * The weights of a region prediction as a picture: a block for each output cell, and in it, for each input cell under the
 * kernel, the L1 norm over the channels of the weights between them.
 *
 * A picture of the whole shows how many weights do nothing and how much neighbouring blocks are alike; one of the
 * differences shows them gather where the block's own cell is, which is the reason for the region transpose.
 *
 * `R` blocks of `k` cells in each direction (`R − 1` along the differences), one channel, float32, 0 between blocks. The
 * largest value is the brightest; scale by it to draw. Differences are taken channel by channel, before the norm.
 * Throws `weightPicture/wrong-shape`. Source: Long 2016, §4.3.3 and Figure 4.3.
 */
export function weightPicture(
  filter: RegionFilter,
  { difference = 'none', gap = 1 }: WeightPictureOptions = {},
): Raster<Float32Array> {
  const { kernel, channels, window } = sizesOf(filter)
  const [rowStep, columnStep] = [Number(difference === 'rows'), Number(difference === 'columns')]
  const [blockRows, blockColumns] = [window - rowStep, window - columnStep]
  const pitch = kernel + gap
  const height = Math.max(0, blockRows * pitch - gap)
  const width = Math.max(0, blockColumns * pitch - gap)
  const data = new Float32Array(height * width)
  const isDifference = rowStep + columnStep > 0
  const area = window * window
  for (let cell = 0; cell < blockRows * blockColumns; cell++) {
    const [i, j] = [Math.floor(cell / blockColumns), cell % blockColumns]
    const before = i * window + j
    const own = before + rowStep * window + columnStep
    for (let tap = 0; tap < kernel * kernel; tap++) {
      let norm = 0
      for (let channel = 0; channel < channels; channel++) {
        const at = (tap * channels + channel) * area
        norm += Math.abs(filter.values[at + own] - (isDifference ? filter.values[at + before] : 0))
      }
      const [row, column] = [i * pitch + Math.floor(tap / kernel), j * pitch + (tap % kernel)]
      data[row * width + column] = norm
    }
  }
  return { height, width, channels: 1, data }
}

function sizesOf({ shape, values }: RegionFilter): { kernel: number; channels: number; window: number } {
  const [rows, columns, channels, filters] = shape
  const window = windowOfChannels(filters ?? 0)
  const count = shape.reduce<number>((product, size) => product * (size ?? Number.NaN), 1)
  if (shape.length === 4 && rows !== null && rows === columns && channels && window && count === values.length) {
    return { kernel: rows, channels, window }
  }
  throw new PixelwiseError('weightPicture/wrong-shape', {
    what: `weightPicture: ${values.length} weights of shape [${shape.join(', ')}]`,
    rule: 'expected [k, k, C, R·R]: the filter of a convolution whose channels are the cells of a square window',
    next: "pass the first weight of a pathway's convolution",
  })
}
