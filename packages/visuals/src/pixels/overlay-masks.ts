import type { Mask, Raster } from '@pixelwise/masks'
import { PixelwiseError } from '@pixelwise/masks/shared'
import { distinctColours } from './distinct-colours.js'
import { overlay } from './overlay.js'
import type { Rgb } from './palette.js'
import { type RgbRaster, toRgb } from './rgb-raster.js'

/** Colours of masks over an image. */
export interface MaskOverlayOptions {
  /** The colour of each mask; {@link distinctColours} unless told. */
  readonly colours?: readonly Rgb[]
  /** Share of the colour, 0..1; 0.5 unless told. */
  readonly alpha?: number
  /** A line along the inner edge of each mask; white unless told, null for none. */
  readonly boundary?: Rgb | null
}

/**
 * Masks painted over an image, each in a colour of its own; where they overlap the first lies on top.
 *
 * Takes 8-bit rasters with 1, 3 or 4 channels, returns RGB. Throws `visuals/size-mismatch` for masks of another size.
 */
export function overlayMasks(image: Raster, masks: readonly Mask[], options: MaskOverlayOptions = {}): RgbRaster {
  const { colours = distinctColours(masks.length), alpha, boundary = [255, 255, 255] } = options
  const { height, width } = image
  const labels = new Int32Array(height * width)
  for (let i = masks.length - 1; i >= 0; i--) {
    forEachPixel(image, masks[i], (pixel) => {
      labels[pixel] = i + 1
    })
  }
  const palette: Rgb[] = [[0, 0, 0], ...colours]
  return overlay(image, { height, width, labels }, { palette, alpha, boundary: boundary ?? undefined, ignoreLabel: -1 })
}

/** An image with all but a mask darkened: one picture of many in a mosaic. Throws `visuals/size-mismatch`. */
export function spotlight(image: Raster, mask: Mask, { light = 0.25 }: { light?: number } = {}): RgbRaster {
  const bright = toRgb(image)
  const data = bright.data.map((value) => value * light)
  forEachPixel(image, mask, (pixel) => {
    for (let at = 3 * pixel; at < 3 * pixel + 3; at++) data[at] = bright.data[at]
  })
  return { ...bright, data }
}

function forEachPixel(image: Raster, { height, width, counts }: Mask, see: (pixel: number) => void): void {
  if (height !== image.height || width !== image.width) {
    throw new PixelwiseError('visuals/size-mismatch', {
      what: `image ${image.height}×${image.width} with a mask of ${height}×${width}`,
      rule: 'masks have the size of the image that they are painted on',
      next: 'pass the image that they were predicted for',
    })
  }
  // Runs go down the columns.
  for (let i = 0, end = 0; i < counts.length; i++) {
    const start = end
    end += counts[i]
    if (i % 2 === 0) continue
    for (let at = start; at < end; at++) see((at % height) * width + Math.floor(at / height))
  }
}
