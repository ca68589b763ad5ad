import { PixelwiseError } from '@pixelwise/masks/shared'
import { base64 } from '../markup/base64.js'

const signature = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]

/**
 * A PNG file as an image source that needs no file: its data URI and its size in pixels, read from its first chunk.
 *
 * Throws `visuals/not-a-png` for anything that does not start as a PNG does.
 */
export function pngSource(png: Uint8Array, name: string): { uri: string; width: number; height: number } {
  if (png.length < 33 || signature.some((byte, i) => png[i] !== byte)) {
    throw new PixelwiseError('visuals/not-a-png', {
      what: `picture "${name}" of ${png.length} bytes`,
      rule: 'pictures in a report are complete PNG files, as bytes',
      next: 'encode the raster as PNG first',
    })
  }
  const header = new DataView(png.buffer, png.byteOffset + 16, 8)
  return { uri: `data:image/png;base64,${base64(png)}`, width: header.getUint32(0), height: header.getUint32(4) }
}
