import type { Raster } from '@pixelwise/masks'
import { PixelwiseError } from '@pixelwise/masks/shared'
import { isJpeg, type JpegCodec, jpegJsCodec } from './jpeg.js'
import type { DecodeOptions } from './limits.js'
import { isPng } from './png-chunks.js'
import { decodePng, type Inflate, type PngImage } from './png-decode.js'

/** How pictures are decoded. */
export interface ImageOptions extends DecodeOptions {
  /** Reads JPEG files; default `jpegJsCodec`. */
  readonly jpeg?: JpegCodec
  /** Expands PNG data; default fflate. */
  readonly inflate?: Inflate
}

/**
 * Decodes a PNG or JPEG file to `[H, W, 3]`, RGB 0..255.
 *
 * Grey pictures get three equal channels, palettes are looked up, 16-bit values keep their high byte, transparency is
 * dropped; colour profiles and EXIF rotation are not applied, so that labels drawn on the stored pixels fit.
 * Throws `image/unknown-format`, `image/too-large`, `png/*`, `jpeg/damaged`, naming the file.
 */
export async function decodeImage(bytes: Uint8Array, options: ImageOptions = {}): Promise<Raster<Uint8Array>> {
  if (isJpeg(bytes)) return (options.jpeg ?? jpegJsCodec).decode(bytes, options)
  if (isPng(bytes)) return pngToRgb(decodePng(bytes, options))
  throw new PixelwiseError('image/unknown-format', {
    what: `${options.name ?? 'image'} (${bytes.length} bytes) is neither PNG nor JPEG`,
    rule: 'pictures are PNG or JPEG files',
    next: 'convert it to one of these',
  })
}

/** A PNG's samples as 8-bit RGB. */
export function pngToRgb({
  height,
  width,
  channels,
  bitDepth,
  colourType,
  data,
  palette,
}: PngImage): Raster<Uint8Array> {
  const rgb = new Uint8Array(height * width * 3)
  const shift = bitDepth === 16 ? 8 : 0
  const scale = bitDepth < 8 ? 255 / ((1 << bitDepth) - 1) : 1
  const colours = channels >= 3
  for (let i = 0; i < height * width; i++) {
    for (let c = 0; c < 3; c++) {
      const sample = data[i * channels + (colours ? c : 0)]
      rgb[i * 3 + c] =
        colourType === 'indexed' && palette !== undefined ? (palette[sample * 3 + c] ?? 0) : (sample >> shift) * scale
    }
  }
  return { height, width, channels: 3, data: rgb }
}
