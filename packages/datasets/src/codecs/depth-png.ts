import type { Raster } from '@pixelwise/masks'
import { PixelwiseError } from '@pixelwise/masks/shared'
import type { DecodeOptions } from './limits.js'
import { decodePng, type Inflate } from './png-decode.js'
import { encodePng } from './png-encode.js'

/**
 * Decodes a 16-bit grey PNG to `[H, W, 1]`, values as stored (NYUDv2: millimetres, 0 where nothing was measured).
 *
 * Throws `depth/not-16-bit` for other kinds of PNG, `png/*` for damaged files.
 */
export function decodeDepth(
  bytes: Uint8Array,
  options: DecodeOptions & { readonly inflate?: Inflate } = {},
): Raster<Uint16Array> {
  const { height, width, data, colourType, bitDepth } = decodePng(bytes, options)
  if (colourType !== 'grey' || !(data instanceof Uint16Array)) {
    throw new PixelwiseError('depth/not-16-bit', {
      what: `${options.name ?? 'image'} is a PNG of kind "${colourType}" with ${bitDepth} bits`,
      rule: 'depth maps are grey PNGs of 16 bits',
      next: 'store depth in millimetres with encodeDepth',
    })
  }
  return { height, width, channels: 1, data }
}

/** Writes `[H, W, 1]` depth values 0..65535 as a 16-bit grey PNG. */
export function encodeDepth({ height, width, data }: Raster<Uint16Array>): Uint8Array {
  return encodePng({ height, width, channels: 1, data })
}
