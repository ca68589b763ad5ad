import type { LabelMap } from '@pixelwise/masks'
import { colourOf, IGNORE_LABEL, type Palette, type Rgb, vocOutlineColour } from './palette.js'
import type { RgbRaster } from './rgb-raster.js'

/**
 * A label map as a picture: each pixel in the colour of its label.
 *
 * The ignore label (255) takes the palette's colour where there is one, else `ignoreColour`.
 * Throws `visuals/no-colour` for any other label that the palette does not cover.
 *
 * @example
 * colourize({ height: 1, width: 2, labels: Uint8Array.of(0, 1) }, [[0, 0, 0], [128, 0, 0]]).data // 0 0 0 128 0 0
 */
export function colourize(
  { height, width, labels }: LabelMap,
  palette: Palette,
  { ignoreLabel = IGNORE_LABEL, ignoreColour = vocOutlineColour }: { ignoreLabel?: number; ignoreColour?: Rgb } = {},
): RgbRaster {
  const data = new Uint8Array(height * width * 3)
  for (let pixel = 0; pixel < labels.length; pixel++) {
    data.set(colourOf(palette, labels[pixel], ignoreLabel) ?? ignoreColour, pixel * 3)
  }
  return { height, width, channels: 3, data }
}
