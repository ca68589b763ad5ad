import type { Raster } from '@pixelwise/masks'
import { PixelwiseError } from '@pixelwise/masks/shared'
import type { Rgb } from './palette.js'
import { type RgbRaster, toRgb } from './rgb-raster.js'

/** How pictures are laid out. */
export interface MosaicOptions {
  /** Pictures per row; the square root of their number, rounded up, unless told. */
  readonly columns?: number
  /** Pixels between and around pictures; 4 unless told. */
  readonly gap?: number
  /** Colour between pictures and beside small ones; white unless told. */
  readonly background?: Rgb
}

/**
 * Pictures in a grid, row by row. All cells have the size of the largest picture; smaller ones are centred.
 *
 * Takes 8-bit rasters with 1, 3 or 4 channels, returns RGB. Throws `visuals/no-pictures` for an empty list,
 * `visuals/no-columns` for none of them.
 */
export function mosaic(pictures: readonly Raster[], options: MosaicOptions = {}): RgbRaster {
  if (pictures.length === 0) {
    throw new PixelwiseError('visuals/no-pictures', {
      what: 'a mosaic of 0 pictures',
      rule: 'a mosaic needs at least one',
      next: 'check that the list of examples is not empty',
    })
  }
  const { columns = Math.ceil(Math.sqrt(pictures.length)), gap = 4, background = [255, 255, 255] } = options
  requireColumns(columns)
  const cellHeight = Math.max(...pictures.map(({ height }) => height))
  const cellWidth = Math.max(...pictures.map(({ width }) => width))
  const across = Math.min(columns, pictures.length)
  const down = Math.ceil(pictures.length / across)
  const canvas = filled(down * (cellHeight + gap) + gap, across * (cellWidth + gap) + gap, background)
  pictures.forEach((picture, index) => {
    const row = Math.floor(index / across)
    const top = gap + row * (cellHeight + gap) + Math.floor((cellHeight - picture.height) / 2)
    const left = gap + (index % across) * (cellWidth + gap) + Math.floor((cellWidth - picture.width) / 2)
    paste(canvas, toRgb(picture), top, left)
  })
  return canvas
}

function requireColumns(columns: number): void {
  if (Number.isInteger(columns) && columns >= 1) return
  throw new PixelwiseError('visuals/no-columns', {
    what: `a mosaic of ${columns} columns`,
    rule: 'it has a whole number of them, at least 1',
    next: 'leave columns out for as many as make it square',
  })
}

/** Pictures in one row, as image, truth and prediction are shown. A {@link mosaic} with as many columns as pictures. */
export function sideBySide(pictures: readonly Raster[], options: Omit<MosaicOptions, 'columns'> = {}): RgbRaster {
  return mosaic(pictures, { ...options, columns: pictures.length })
}

function filled(height: number, width: number, colour: Rgb): RgbRaster {
  const data = new Uint8Array(height * width * 3)
  for (let pixel = 0; pixel < height * width; pixel++) data.set(colour, pixel * 3)
  return { height, width, channels: 3, data }
}

function paste(canvas: RgbRaster, picture: RgbRaster, top: number, left: number): void {
  const rowLength = picture.width * 3
  for (let row = 0; row < picture.height; row++) {
    const source = picture.data.subarray(row * rowLength, (row + 1) * rowLength)
    canvas.data.set(source, ((top + row) * canvas.width + left) * 3)
  }
}
