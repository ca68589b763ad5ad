import { PixelwiseError } from '@pixelwise/masks/shared'
import { zlibSync } from 'fflate'
import { crc32 } from './png-chunks.js'
import { paeth } from './png-decode.js'

/** What a PNG file is written from: samples as they are stored, row-major, channels last. */
export interface PngSource {
  readonly height: number
  readonly width: number
  /** 1 grey (or indices when there is a palette), 2 grey and alpha, 3 RGB, 4 RGB and alpha. */
  readonly channels: number
  /** A `Uint16Array` writes 16 bits per sample, anything else 8. */
  readonly data: Uint8Array | Uint8ClampedArray | Uint16Array
  /** Red, green, blue per entry, at most 256 entries; makes the file indexed. */
  readonly palette?: Uint8Array
}

const colourTypeOf = [undefined, 0, 4, 2, 6]

/**
 * Writes a PNG file.
 *
 * Rows of indices are stored unfiltered, all others with the filter whose differences are smallest (the
 * specification's own heuristic, §12.7).
 * Throws `png/cannot-encode` when sizes, channels and palette do not fit together.
 */
export function encodePng(source: PngSource): Uint8Array {
  const { height, width, channels, data, palette } = source
  const colourType =
    palette === undefined ? colourTypeOf[channels] : channels === 1 && data.BYTES_PER_ELEMENT === 1 ? 3 : undefined
  if (colourType === undefined) {
    throw cannotEncode(
      `${channels} channels of ${data.BYTES_PER_ELEMENT * 8} bits${palette === undefined ? '' : ' with a palette'}`,
      'PNG has 1..4 channels; a palette needs 1 channel of 8 bits',
    )
  }
  if (!(width > 0 && height > 0) || data.length !== height * width * channels) {
    throw cannotEncode(
      `${data.length} samples for ${height}×${width}×${channels}`,
      'height × width × channels samples, at least one',
    )
  }
  if (palette !== undefined && (palette.length === 0 || palette.length > 768 || palette.length % 3 !== 0)) {
    throw cannotEncode(`a palette of ${palette.length} bytes`, 'a palette has 1..256 entries of 3 bytes')
  }
  const header = new Uint8Array(13)
  const view = new DataView(header.buffer)
  view.setUint32(0, width)
  view.setUint32(4, height)
  header.set([data.BYTES_PER_ELEMENT * 8, colourType, 0, 0, 0], 8)
  const raw = filtered(bigEndianBytes(data), height, channels * data.BYTES_PER_ELEMENT, palette === undefined)
  const chunks = [
    Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a),
    chunk('IHDR', header),
    ...(palette === undefined ? [] : [chunk('PLTE', palette)]),
    chunk('IDAT', zlibSync(raw, { level: 6 })),
    chunk('IEND', new Uint8Array(0)),
  ]
  const file = new Uint8Array(chunks.reduce((sum, part) => sum + part.length, 0))
  let position = 0
  for (const part of chunks) {
    file.set(part, position)
    position += part.length
  }
  return file
}

function cannotEncode(what: string, rule: string): PixelwiseError {
  return new PixelwiseError('png/cannot-encode', {
    what: `cannot write a PNG of ${what}`,
    rule,
    next: 'check the raster that is written',
  })
}

function chunk(type: string, body: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(12 + body.length)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, body.length)
  for (let i = 0; i < 4; i++) bytes[4 + i] = type.charCodeAt(i)
  bytes.set(body, 8)
  view.setUint32(8 + body.length, crc32(bytes.subarray(4, 8 + body.length)))
  return bytes
}

function bigEndianBytes(data: PngSource['data']): Uint8Array {
  if (!(data instanceof Uint16Array)) return new Uint8Array(data.buffer, data.byteOffset, data.length)
  const bytes = new Uint8Array(data.length * 2)
  for (let i = 0; i < data.length; i++) {
    bytes[2 * i] = data[i] >> 8
    bytes[2 * i + 1] = data[i] & 255
  }
  return bytes
}

function filtered(bytes: Uint8Array, height: number, pixelBytes: number, choose: boolean): Uint8Array {
  const stride = bytes.length / height
  const result = new Uint8Array(height * (stride + 1))
  const candidate = new Uint8Array(stride)
  for (let row = 0; row < height; row++) {
    const target = row * (stride + 1)
    let smallest = Number.POSITIVE_INFINITY
    for (let filter = 0; filter < (choose ? 5 : 1); filter++) {
      const cost = applyFilter(filter, bytes, row, stride, pixelBytes, candidate)
      if (cost >= smallest) continue
      smallest = cost
      result[target] = filter
      result.set(candidate, target + 1)
    }
  }
  return result
}

/** Writes the filtered row into `out` and returns the sum of its absolute signed values. */
function applyFilter(
  filter: number,
  bytes: Uint8Array,
  row: number,
  stride: number,
  pixelBytes: number,
  out: Uint8Array,
): number {
  const start = row * stride
  let cost = 0
  for (let i = 0; i < stride; i++) {
    const left = i >= pixelBytes ? bytes[start + i - pixelBytes] : 0
    const up = row > 0 ? bytes[start + i - stride] : 0
    const corner = row > 0 && i >= pixelBytes ? bytes[start + i - stride - pixelBytes] : 0
    const predicted = [0, left, up, (left + up) >> 1, 0][filter]
    const value = (bytes[start + i] - (filter === 4 ? paeth(left, up, corner) : predicted)) & 255
    out[i] = value
    cost += value < 128 ? value : 256 - value
  }
  return cost
}
