import type { Raster } from '@pixelwise/masks'
import type { PairArray } from '../pair-array.js'
import type { ImageSize } from './upsample-region.js'

/** Which regions are laid out, and how. */
export interface RegionPlaneOptions {
  /** Shows every so-manieth region in rows and columns. Default 1: all. */
  readonly every?: number
  /** White pixels between regions. Default 1. */
  readonly gap?: number
}

/**
 * All regions of a pathway as one grey picture: each region's cells, dark where they are likely inside, laid out as the
 * regions lie in the image. Cells outside of the image are white.
 *
 * Source: Long 2016, Figure 4.5.
 */
export function regionPlane(
  { grid, window, stride, origin, step, data }: PairArray,
  size: ImageSize,
  { every = 1, gap = 1 }: RegionPlaneOptions = {},
): Raster<Uint8Array> {
  const pitch = window + gap
  const height = Math.ceil(grid[0] / every) * pitch - gap
  const width = Math.ceil(grid[1] / every) * pitch - gap
  const picture = new Uint8Array(height * width).fill(255)
  const cellRows = Math.ceil(size.height / stride)
  const cellColumns = Math.ceil(size.width / stride)
  for (let row = 0; row < grid[0]; row += every) {
    for (let column = 0; column < grid[1]; column += every) {
      const first = (row * grid[1] + column) * window * window
      const corner = (row / every) * pitch * width + (column / every) * pitch
      for (let y = 0; y < window; y++) {
        const cellRow = step * row + y - origin
        if (cellRow < 0 || cellRow >= cellRows) continue
        for (let x = 0; x < window; x++) {
          const cellColumn = step * column + x - origin
          if (cellColumn < 0 || cellColumn >= cellColumns) continue
          const probability = 1 / (1 + Math.exp(-data[first + y * window + x]))
          picture[corner + y * width + x] = Math.round(255 * (1 - probability))
        }
      }
    }
  }
  return { height, width, channels: 1, data: picture }
}
