import type { LabelMap, Raster } from '@pixelwise/masks'
import { PixelwiseError } from '@pixelwise/masks/shared'

/**
 * Turns a picture of label colours into labels: each pixel's colour is looked up in the palette.
 *
 * @param image `[H, W, 3]` RGB 0..255, stored without loss
 * @param palette red, green, blue per label; where a colour stands twice, the lower label is taken
 * Throws `labels/unknown-colour` with the place of the first colour that is not in the palette.
 */
export function labelsFromColours(
  { height, width, channels, data }: Raster<Uint8Array>,
  palette: Uint8Array,
): LabelMap<Uint8Array> {
  const labelOf = new Map<number, number>()
  for (let label = Math.floor(palette.length / 3) - 1; label >= 0; label--)
    labelOf.set(packed(palette, label * 3), label)
  const labels = new Uint8Array(height * width)
  for (let i = 0; i < labels.length; i++) {
    const label = labelOf.get(packed(data, i * channels))
    if (label === undefined) {
      const colour = [...data.subarray(i * channels, i * channels + 3)].join(', ')
      throw new PixelwiseError('labels/unknown-colour', {
        what: `colour (${colour}) at (${Math.floor(i / width)}, ${i % width})`,
        rule: 'every pixel has a colour of the palette',
        next: 'pass the palette the labels were drawn with; JPEG label pictures cannot be converted',
      })
    }
    labels[i] = label
  }
  return { height, width, labels }
}

function packed(data: Uint8Array, at: number): number {
  return (data[at] << 16) | (data[at + 1] << 8) | data[at + 2]
}
