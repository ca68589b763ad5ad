import type { Raster } from '@pixelwise/masks'
import { PixelwiseError } from '@pixelwise/masks/shared'
import jpegJs from 'jpeg-js'
import { checkPixelCount, type DecodeOptions, defaultMaxPixels } from './limits.js'

/** Something that reads and writes JPEG files: `jpegJsCodec` everywhere, sharp in Node where it is installed. */
export interface JpegCodec {
  readonly name: string
  /** Decodes to `[H, W, 3]` RGB 0..255; grey pictures get three equal channels. The EXIF rotation is not applied. */
  decode(bytes: Uint8Array, options?: DecodeOptions): Promise<Raster<Uint8Array>>
  /** Writes `[H, W, 1 or 3]` at a quality of 1..100, without chroma subsampling. */
  encode(image: Raster<Uint8Array>, quality?: number): Promise<Uint8Array>
}

/** Whether the bytes begin like a JPEG file. */
export function isJpeg(bytes: Uint8Array): boolean {
  return bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff
}

/**
 * The size of a JPEG file, from its frame header, without decoding it.
 *
 * Throws `jpeg/damaged` when there is none. Source: ITU-T T.81, Annex B.
 */
export function readJpegSize(bytes: Uint8Array, file = 'image'): { height: number; width: number; channels: number } {
  if (!isJpeg(bytes)) throw damaged(file, 'does not begin like a JPEG file')
  let position = 2
  while (position + 9 < bytes.length) {
    if (bytes[position] !== 0xff) throw damaged(file, `has no marker at byte ${position}`)
    const marker = bytes[position + 1]
    if (marker === 0xff) {
      position++
      continue
    }
    if (isFrameHeader(marker)) {
      const height = (bytes[position + 5] << 8) | bytes[position + 6]
      const width = (bytes[position + 7] << 8) | bytes[position + 8]
      if (height === 0 || width === 0) throw damaged(file, `claims ${height}×${width} pixels`)
      return { height, width, channels: bytes[position + 9] }
    }
    if (marker === 0xda || marker === 0xd9) break
    const length = (bytes[position + 2] << 8) | bytes[position + 3]
    if (length < 2) throw damaged(file, `has a segment of ${length} bytes at byte ${position}`)
    position += 2 + length
  }
  throw damaged(file, 'ends before its frame header')
}

/** Checks a JPEG file's size before it is decoded; returns the size. */
export function checkJpegSize(bytes: Uint8Array, options: DecodeOptions = {}): { height: number; width: number } {
  const size = readJpegSize(bytes, options.name)
  checkPixelCount(size.height, size.width, options)
  return size
}

/** Start-of-frame markers are C0..CF without DHT (C4), JPG (C8) and DAC (CC). */
function isFrameHeader(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc
}

/** Wraps whatever a decoder threw into `jpeg/damaged` with the file's name. */
export function damaged(file: string, what: string, cause?: unknown): PixelwiseError {
  return new PixelwiseError('jpeg/damaged', {
    what: `${file} ${what}`,
    rule: 'a JPEG file holds a frame header and all of its scans',
    next: 'the file is cut short or damaged; copy or download it again',
    cause,
  })
}

/**
 * JPEG in pure JavaScript (jpeg-js): runs everywhere, slower than sharp, and differs from libjpeg by a few grey levels
 * where chroma is subsampled, so not for comparisons with published numbers. Bundled for a browser it decodes; to encode
 * there, jpeg-js wants a `Buffer` as bundlers provide it.
 */
export const jpegJsCodec: JpegCodec = {
  name: 'jpeg-js',
  async decode(bytes, options = {}) {
    const { name: file = 'image', maxPixels = defaultMaxPixels } = options
    checkJpegSize(bytes, options)
    let decoded: { width: number; height: number; data: Uint8Array }
    try {
      decoded = jpegJs.decode(bytes, {
        useTArray: true,
        formatAsRGBA: false,
        tolerantDecoding: false,
        maxResolutionInMP: maxPixels / 1e6,
        maxMemoryUsageInMB: 64 + (maxPixels * 40) / 2 ** 20,
      })
    } catch (cause) {
      throw damaged(file, `cannot be decoded (${cause instanceof Error ? cause.message : cause})`, cause)
    }
    const { height, width, data } = decoded
    return { height, width, channels: 3, data }
  },
  async encode({ height, width, channels, data }, quality = 95) {
    const rgba = new Uint8Array(height * width * 4)
    for (let i = 0; i < height * width; i++) {
      for (let c = 0; c < 3; c++) rgba[i * 4 + c] = data[i * channels + Math.min(c, channels - 1)]
      rgba[i * 4 + 3] = 255
    }
    return Uint8Array.from(jpegJs.encode({ height, width, data: rgba }, quality).data)
  },
}
