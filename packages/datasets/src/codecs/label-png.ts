import type { LabelMap } from '@pixelwise/masks'
import { PixelwiseError } from '@pixelwise/masks/shared'
import type { DecodeOptions } from './limits.js'
import { decodePng, type Inflate } from './png-decode.js'
import { encodePng } from './png-encode.js'

/**
 * Decodes a label PNG: the stored indices are the labels.
 *
 * Takes indexed files (the palette is only for looking at them) and grey files of 1..16 bits; 16-bit files give a
 * `Uint16Array`. Throws `labels/colour-image` for RGB and transparent files, `png/*` for damaged ones.
 */
export function decodeLabels(
  bytes: Uint8Array,
  options: DecodeOptions & { readonly inflate?: Inflate } = {},
): LabelMap<Uint8Array | Uint16Array> {
  const png = decodePng(bytes, options)
  if (png.colourType !== 'indexed' && png.colourType !== 'grey') {
    throw new PixelwiseError('labels/colour-image', {
      what: `${options.name ?? 'image'} is a PNG of kind "${png.colourType}"`,
      rule: 'label maps are indexed or grey PNGs whose stored values are the labels',
      next: 'convert its colours with labelsFromColours(image, palette) and store the result with encodeLabels',
    })
  }
  return { height: png.height, width: png.width, labels: png.data }
}

/**
 * Writes a label map as an indexed PNG with a palette (red, green, blue per label), as PASCAL VOC does. The palette is
 * three bytes per label or, as model folders have it, a list of colours.
 *
 * Throws `labels/out-of-range` when a label does not fit into 8 bits; the palette is filled up with black so that
 * every label has an entry.
 */
export function encodeLabels(
  { height, width, labels }: LabelMap,
  palette: Uint8Array | readonly (readonly number[])[],
): Uint8Array {
  const indices = new Uint8Array(labels.length)
  for (let i = 0; i < labels.length; i++) {
    const label = labels[i]
    if (label < 0 || label > 255) {
      throw new PixelwiseError('labels/out-of-range', {
        what: `label ${label} at (${Math.floor(i / width)}, ${i % width})`,
        rule: 'an indexed PNG holds labels 0..255',
        next: 'write larger labels as a 16-bit grey PNG with encodePng',
      })
    }
    indices[i] = label
  }
  const entries = new Uint8Array(768)
  entries.set((palette instanceof Uint8Array ? palette : Uint8Array.from(palette.flat())).subarray(0, 768))
  return encodePng({ height, width, channels: 1, data: indices, palette: entries })
}
