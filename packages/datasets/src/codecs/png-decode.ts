import { PixelwiseError } from '@pixelwise/masks/shared'
import { unzlibSync } from 'fflate'
import { checkPixelCount, type DecodeOptions } from './limits.js'
import { type PngColourType, type PngHeader, readPngChunks } from './png-chunks.js'

/** A PNG file's samples exactly as stored: palette indices stay indices, 1, 2 and 4 bit values are unpacked, nothing is scaled. */
export interface PngImage {
  readonly height: number
  readonly width: number
  readonly channels: number
  readonly bitDepth: 1 | 2 | 4 | 8 | 16
  readonly colourType: PngColourType
  /** One entry per sample, row-major, channels last; 16-bit files give a `Uint16Array`. */
  readonly data: Uint8Array | Uint16Array
  /** Red, green, blue per entry; only indexed files must have one. */
  readonly palette: Uint8Array | undefined
}

/** Expands a zlib stream of at most `length` bytes of content and throws when there is more; less means that it ended early. */
export type Inflate = (compressed: Uint8Array, length: number) => Uint8Array

const channelsOf: Record<PngColourType, number> = { grey: 1, rgb: 3, indexed: 1, 'grey-alpha': 2, rgba: 4 }

/** Deflate turns a byte into at most 1032: three bits cannot code more than two matches of 258. */
const largestInflation = 1032

/** Adam7: first column, first row, column step, row step of the seven passes. */
const adam7 = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
] as const

/**
 * Decodes a PNG file of any standard pixel format without touching its values.
 *
 * Memory is bounded before anything is allocated: the header's size is held against `maxPixels` and against what the
 * compressed bytes could possibly expand to.
 * Throws `png/*` (damaged or truncated file) and `image/too-large`, naming the file.
 * Source: PNG specification (third edition), §8 (interlacing), §9 (filters).
 */
export function decodePng(bytes: Uint8Array, options: DecodeOptions & { readonly inflate?: Inflate } = {}): PngImage {
  const { name: file = 'image', inflate = inflateWithFflate } = options
  const { header, palette, compressed } = readPngChunks(bytes, file)
  checkPixelCount(header.height, header.width, options)
  const channels = channelsOf[header.colourType]
  const passes = passesOf(header)
  const rawLength = passes.reduce((sum, pass) => sum + pass.height * (1 + rowBytes(pass.width, channels, header)), 0)
  if (rawLength > compressed.length * largestInflation) throw pixelsMissing(file, header, rawLength)

  const raw = inflatePixels(inflate, compressed, rawLength, file)
  if (raw.length < rawLength) throw pixelsMissing(file, header, rawLength)

  const data = new (header.bitDepth === 16 ? Uint16Array : Uint8Array)(header.height * header.width * channels)
  let position = 0
  for (const pass of passes) {
    const stride = rowBytes(pass.width, channels, header)
    const length = pass.height * (1 + stride)
    const rows = raw.subarray(position, position + length)
    unfilter(rows, pass.height, stride, Math.max(1, (channels * header.bitDepth) >> 3), file)
    spread(rows, stride, pass, header, channels, data)
    position += length
  }
  const { height, width, bitDepth, colourType } = header
  return { height, width, channels, bitDepth, colourType, data, palette }
}

interface Pass {
  readonly left: number
  readonly top: number
  readonly columnStep: number
  readonly rowStep: number
  readonly width: number
  readonly height: number
}

function passesOf({ width, height, interlaced }: PngHeader): Pass[] {
  if (!interlaced) return [{ left: 0, top: 0, columnStep: 1, rowStep: 1, width, height }]
  return adam7
    .map(([left, top, columnStep, rowStep]) => ({
      left,
      top,
      columnStep,
      rowStep,
      width: Math.ceil((width - left) / columnStep),
      height: Math.ceil((height - top) / rowStep),
    }))
    .filter((pass) => pass.width > 0 && pass.height > 0)
}

function rowBytes(width: number, channels: number, { bitDepth }: PngHeader): number {
  return Math.ceil((width * channels * bitDepth) / 8)
}

function inflateWithFflate(compressed: Uint8Array, length: number): Uint8Array {
  const expanded = unzlibSync(compressed, { out: new Uint8Array(length + 1) })
  if (expanded.length > length) throw new Error(`it expands to more than ${length} bytes`)
  return expanded
}

function inflatePixels(inflate: Inflate, compressed: Uint8Array, length: number, file: string): Uint8Array {
  try {
    return inflate(compressed, length)
  } catch (cause) {
    throw new PixelwiseError('png/bad-data', {
      what: `${file}: the compressed pixels cannot be expanded (${cause instanceof Error ? cause.message : cause})`,
      rule: 'the IDAT chunks together are one zlib stream',
      next: 'the file is damaged; copy or download it again',
      cause,
    })
  }
}

function pixelsMissing(file: string, { height, width }: PngHeader, length: number): PixelwiseError {
  return new PixelwiseError('png/truncated', {
    what: `${file} holds fewer pixels than the ${height}×${width} it claims`,
    rule: `its compressed data must expand to ${length} bytes`,
    next: 'the file is cut short or damaged; copy or download it again',
  })
}

/** Undoes the row filters in place; each row is one filter byte and `stride` bytes. */
function unfilter(rows: Uint8Array, height: number, stride: number, pixelBytes: number, file: string): void {
  for (let row = 0; row < height; row++) {
    const start = row * (stride + 1) + 1
    const above = start - (stride + 1)
    const filter = rows[start - 1]
    switch (filter) {
      case 0:
        break
      case 1:
        for (let i = pixelBytes; i < stride; i++) rows[start + i] += rows[start + i - pixelBytes]
        break
      case 2:
        if (row > 0) for (let i = 0; i < stride; i++) rows[start + i] += rows[above + i]
        break
      case 3:
        for (let i = 0; i < stride; i++) {
          const left = i >= pixelBytes ? rows[start + i - pixelBytes] : 0
          rows[start + i] += (left + (row > 0 ? rows[above + i] : 0)) >> 1
        }
        break
      case 4:
        for (let i = 0; i < stride; i++) {
          const left = i >= pixelBytes ? rows[start + i - pixelBytes] : 0
          const up = row > 0 ? rows[above + i] : 0
          const corner = row > 0 && i >= pixelBytes ? rows[above + i - pixelBytes] : 0
          rows[start + i] += paeth(left, up, corner)
        }
        break
      default:
        throw new PixelwiseError('png/bad-data', {
          what: `${file}: row ${row} uses filter ${filter}`,
          rule: 'PNG defines the filters 0..4',
          next: 'the file is damaged; copy or download it again',
        })
    }
  }
}

/** The neighbour nearest to left + up − corner; ties prefer left, then up. */
export function paeth(left: number, up: number, corner: number): number {
  const toLeft = Math.abs(up - corner)
  const toUp = Math.abs(left - corner)
  const toCorner = Math.abs(left + up - 2 * corner)
  if (toLeft <= toUp && toLeft <= toCorner) return left
  return toUp <= toCorner ? up : corner
}

/** Unpacks one pass's rows into their places in the picture. */
function spread(
  rows: Uint8Array,
  stride: number,
  pass: Pass,
  { width, bitDepth }: PngHeader,
  channels: number,
  data: Uint8Array | Uint16Array,
): void {
  const samples = pass.width * channels
  const mask = (1 << bitDepth) - 1
  for (let row = 0; row < pass.height; row++) {
    const start = row * (stride + 1) + 1
    const target = ((pass.top + row * pass.rowStep) * width + pass.left) * channels
    if (bitDepth === 8 && pass.columnStep === 1) {
      data.set(rows.subarray(start, start + samples), target)
      continue
    }
    for (let i = 0; i < samples; i++) {
      const column = Math.floor(i / channels)
      data[target + column * pass.columnStep * channels + (i - column * channels)] =
        bitDepth === 16
          ? (rows[start + 2 * i] << 8) | rows[start + 2 * i + 1]
          : bitDepth === 8
            ? rows[start + i]
            : (rows[start + ((i * bitDepth) >> 3)] >> (8 - bitDepth - ((i * bitDepth) & 7))) & mask
    }
  }
}
