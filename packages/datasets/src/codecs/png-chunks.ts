import { PixelwiseError } from '@pixelwise/masks/shared'

/** The fixed facts of a PNG file, from its first chunk. */
export interface PngHeader {
  readonly width: number
  readonly height: number
  readonly bitDepth: 1 | 2 | 4 | 8 | 16
  readonly colourType: PngColourType
  readonly interlaced: boolean
}

export type PngColourType = 'grey' | 'rgb' | 'indexed' | 'grey-alpha' | 'rgba'

/** The parts of a PNG file that carry pixels; the pixel data is still compressed. */
export interface PngChunks {
  readonly header: PngHeader
  /** Red, green, blue per entry, as stored. */
  readonly palette: Uint8Array | undefined
  readonly compressed: Uint8Array
}

const signature = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]

const colourTypes: Record<number, { name: PngColourType; depths: readonly number[] } | undefined> = {
  0: { name: 'grey', depths: [1, 2, 4, 8, 16] },
  2: { name: 'rgb', depths: [8, 16] },
  3: { name: 'indexed', depths: [1, 2, 4, 8] },
  4: { name: 'grey-alpha', depths: [8, 16] },
  6: { name: 'rgba', depths: [8, 16] },
}

/** Whether the bytes begin like a PNG file. */
export function isPng(bytes: Uint8Array): boolean {
  return signature.every((byte, i) => bytes[i] === byte)
}

/**
 * Walks a PNG file's chunks, checking every length and the checksums of the chunks that matter.
 *
 * Throws `png/not-a-png`, `png/truncated`, `png/checksum`, `png/bad-header` with the file's name.
 * Source: PNG specification (third edition), §5.3, §11.2.
 */
export function readPngChunks(bytes: Uint8Array, file: string): PngChunks {
  if (!isPng(bytes)) {
    throw new PixelwiseError('png/not-a-png', {
      what: `${file} is not a PNG file`,
      rule: 'a PNG file begins with the bytes 89 50 4E 47 0D 0A 1A 0A',
      next: 'check the file, or decode it by its real format',
    })
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let header: PngHeader | undefined
  let palette: Uint8Array | undefined
  const parts: Uint8Array[] = []
  let position = 8
  for (;;) {
    if (position + 12 > bytes.length) throw truncated(file, `ends at byte ${bytes.length} before its IEND chunk`)
    const length = view.getUint32(position)
    const type = String.fromCharCode(...bytes.subarray(position + 4, position + 8))
    const end = position + 12 + length
    if (end > bytes.length) {
      throw truncated(
        file,
        `${printable(type)} chunk at byte ${position} claims ${length} bytes, the file has ${bytes.length - position - 12}`,
      )
    }
    const body = bytes.subarray(position + 8, position + 8 + length)
    const critical = (bytes[position + 4] & 0x20) === 0
    if (critical && crc32(bytes.subarray(position + 4, position + 8 + length)) !== view.getUint32(end - 4)) {
      throw new PixelwiseError('png/checksum', {
        what: `${file}: the ${printable(type)} chunk at byte ${position} does not match its checksum`,
        rule: 'every critical chunk ends with the CRC-32 of its content',
        next: 'the file is damaged; copy or download it again',
      })
    }
    if (header === undefined && type !== 'IHDR')
      throw badHeader(file, `first chunk is ${printable(type)}`, 'IHDR comes first')
    if (type === 'IHDR') header = readHeader(body, file)
    else if (type === 'PLTE') palette = readPalette(body, file)
    else if (type === 'IDAT') parts.push(body)
    else if (type === 'IEND') break
    position = end
  }
  if (header === undefined || parts.length === 0) throw truncated(file, 'has no pixel data (IDAT chunk)')
  if (header.colourType === 'indexed' && palette === undefined) {
    throw badHeader(file, 'is an indexed PNG without a palette', 'indexed PNGs carry a PLTE chunk')
  }
  return { header, palette, compressed: joined(parts) }
}

function readHeader(body: Uint8Array, file: string): PngHeader {
  if (body.length !== 13) throw badHeader(file, `IHDR holds ${body.length} bytes`, 'it holds 13')
  const view = new DataView(body.buffer, body.byteOffset, 13)
  const width = view.getUint32(0)
  const height = view.getUint32(4)
  const [bitDepth, colour, compression, filter, interlace] = body.subarray(8)
  if (width === 0 || height === 0 || width > 0x7fffffff || height > 0x7fffffff) {
    throw badHeader(file, `claims ${height}×${width} pixels`, 'both sides are 1..2147483647')
  }
  const type = colourTypes[colour]
  if (type === undefined || !type.depths.includes(bitDepth)) {
    throw badHeader(file, `has colour type ${colour} with ${bitDepth} bits`, 'PNG has no such pixel format')
  }
  if (compression !== 0 || filter !== 0 || interlace > 1) {
    throw badHeader(
      file,
      `has compression ${compression}, filter ${filter}, interlace ${interlace}`,
      'PNG defines 0, 0 and 0..1',
    )
  }
  return {
    width,
    height,
    bitDepth: bitDepth as PngHeader['bitDepth'],
    colourType: type.name,
    interlaced: interlace === 1,
  }
}

function readPalette(body: Uint8Array, file: string): Uint8Array {
  if (body.length % 3 !== 0 || body.length === 0 || body.length > 768) {
    throw badHeader(file, `has a palette of ${body.length} bytes`, 'a palette has 1..256 entries of 3 bytes')
  }
  return body.slice()
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  if (parts.length === 1) return parts[0]
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let position = 0
  for (const part of parts) {
    whole.set(part, position)
    position += part.length
  }
  return whole
}

function truncated(file: string, what: string): PixelwiseError {
  return new PixelwiseError('png/truncated', {
    what: `${file} ${what}`,
    rule: 'a PNG file is a sequence of whole chunks from IHDR to IEND',
    next: 'the file is cut short or damaged; copy or download it again',
  })
}

function badHeader(file: string, what: string, rule: string): PixelwiseError {
  return new PixelwiseError('png/bad-header', {
    what: `${file} ${what}`,
    rule,
    next: 'the file is damaged or made by a faulty program; write it again',
  })
}

/** A chunk name as it can stand in a message. */
function printable(type: string): string {
  return /^[A-Za-z]{4}$/.test(type) ? type : `unnamed`
}

const crcTable = Uint32Array.from({ length: 256 }, (_, n) => {
  let c = n
  for (let k = 0; k < 8; k++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1
  return c
})

/** CRC-32 as PNG, zip and gzip use it (polynomial EDB88320, reflected). */
export function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff
  for (let i = 0; i < bytes.length; i++) crc = crcTable[(crc ^ bytes[i]) & 255] ^ (crc >>> 8)
  return (crc ^ 0xffffffff) >>> 0
}
