import type { LabelMap, Raster } from '@pixelwise/masks'
import { PixelwiseError } from '@pixelwise/masks/shared'
import { isBoundary } from './boundary.js'
import { colourOf, IGNORE_LABEL, type Palette, type Rgb } from './palette.js'
import { type RgbRaster, toRgb } from './rgb-raster.js'

/** Colours of labels over an image. */
export interface OverlayOptions {
  readonly palette: Palette
  /** Share of the label's colour, 0..1; 0.5 unless told. */
  readonly alpha?: number
  /** A line along the edges of the labels, drawn on the inner side of each region; none unless told. */
  readonly boundary?: Rgb
  /** The label that leaves the image as it is; 0 unless told, null to paint every label. */
  readonly background?: number | null
  /** Pixels of this label stay as they are when the palette has no colour for it; 255 unless told. */
  readonly ignoreLabel?: number
}

/**
 * The labels painted over the image.
 *
 * Every label but the background is blended, `(1 − alpha)·image + alpha·colour`, and the result is cut to whole
 * numbers, not rounded: the rule of the FCN reference code's overlays, so that pictures can be compared byte by byte.
 *
 * Shapes: image `H×W` with 1, 3 or 4 channels of 8 bits, labels `H×W` → RGB `H×W`.
 * Throws `visuals/size-mismatch` when image and labels differ in size, `visuals/no-colour` for labels beyond the palette.
 */
export function overlay(image: Raster, labelMap: LabelMap, options: OverlayOptions): RgbRaster {
  const { palette, alpha = 0.5, boundary, background = 0, ignoreLabel = IGNORE_LABEL } = options
  requireEqualSize(image, labelMap)
  requireShare(alpha)
  const result = toRgb(image)
  const { labels } = labelMap
  for (let pixel = 0; pixel < labels.length; pixel++) {
    const label = labels[pixel]
    if (label === background) continue
    const colour = colourOf(palette, label, ignoreLabel)
    if (colour === undefined) continue
    if (boundary !== undefined && isBoundary(labelMap, pixel)) result.data.set(boundary, pixel * 3)
    else blend(result.data, pixel * 3, colour, alpha)
  }
  return result
}

function blend(data: Uint8Array, start: number, colour: Rgb, alpha: number): void {
  for (let channel = 0; channel < 3; channel++) {
    data[start + channel] = Math.trunc((1 - alpha) * data[start + channel] + alpha * colour[channel])
  }
}

function requireEqualSize(image: Raster, labels: LabelMap): void {
  if (image.height === labels.height && image.width === labels.width) return
  throw new PixelwiseError('visuals/size-mismatch', {
    what: `image ${image.height}×${image.width} with labels ${labels.height}×${labels.width}`,
    rule: 'an overlay needs one label per pixel',
    next: 'resize the score map to the image before taking labels, or pass the image that was labelled',
  })
}

function requireShare(alpha: number): void {
  if (alpha >= 0 && alpha <= 1) return
  throw new PixelwiseError('visuals/alpha-out-of-range', {
    what: `alpha ${alpha}`,
    rule: 'the share of the label colour lies within 0..1',
    next: 'pass 0 for the bare image, 1 for the bare labels',
  })
}
