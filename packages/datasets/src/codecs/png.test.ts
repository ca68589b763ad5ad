import { readFileSync } from 'node:fs'
import { PixelwiseError, Rng } from '@pixelwise/masks/shared'
import { decode as fastPngDecode, encode as fastPngEncode } from 'fast-png'
import { describe, expect, test } from 'vitest'
import { vocPalette } from '../classes/palette.js'
import { inflateWithZlib } from '../node/read-image.js'
import { decodeDepth, encodeDepth } from './depth-png.js'
import { decodeImage } from './image.js'
import { decodeLabels, encodeLabels } from './label-png.js'
import { crc32, readPngChunks } from './png-chunks.js'
import { decodePng } from './png-decode.js'
import { encodePng } from './png-encode.js'

interface PngCase {
  readonly name: string
  readonly file: string
  readonly height: number
  readonly width: number
  readonly channels: number
  readonly bits: number
  readonly values: number[]
}

const { cases }: { cases: PngCase[] } = JSON.parse(
  readFileSync(new URL('../../fixtures/png-cases.json', import.meta.url), 'utf8'),
)

function bytesOf(base64: string): Uint8Array {
  return new Uint8Array(Buffer.from(base64, 'base64'))
}

function photo(height: number, width: number, channels: number, seed: string): Uint8Array {
  const rng = new Rng(seed)
  return Uint8Array.from({ length: height * width * channels }, (_, i) => 100 + 60 * Math.sin(i / 50) + rng.integer(20))
}

describe('decodePng', () => {
  test.each(cases)('gives the values that were written: $name', ({ file, height, width, channels, bits, values }) => {
    for (const inflate of [undefined, inflateWithZlib]) {
      const png = decodePng(bytesOf(file), { inflate })
      expect([png.height, png.width, png.channels, png.bitDepth]).toEqual([height, width, channels, bits])
      expect([...png.data]).toEqual(values)
    }
  })

  test('agrees with fast-png on files written by fast-png', () => {
    const data = photo(9, 14, 3, 'fast')
    const file = fastPngEncode({ width: 14, height: 9, channels: 3, depth: 8, data })
    expect(decodePng(file).data).toEqual(fastPngDecode(file).data)
  })

  test('reads bytes that lie inside a larger buffer', () => {
    const file = encodePng({ height: 2, width: 2, channels: 1, data: Uint8Array.of(1, 2, 3, 4) })
    const padded = new Uint8Array(file.length + 13)
    padded.set(file, 7)
    expect([...decodePng(padded.subarray(7, 7 + file.length)).data]).toEqual([1, 2, 3, 4])
  })
})

describe('encodePng', () => {
  test.each([1, 2, 3, 4])('writes %i channels that fast-png reads back unchanged', (channels) => {
    const data = photo(13, 17, channels, `encode ${channels}`)
    const decoded = fastPngDecode(encodePng({ height: 13, width: 17, channels, data }), { checkCrc: true })
    expect([decoded.height, decoded.width, decoded.channels, decoded.depth]).toEqual([13, 17, channels, 8])
    expect(decoded.data).toEqual(data)
  })

  test('writes 16-bit values, which a depth map keeps', () => {
    const data = Uint16Array.from({ length: 35 }, (_, i) => (i * 1871) & 65535)
    const file = encodeDepth({ height: 5, width: 7, channels: 1, data })
    expect(fastPngDecode(file).data).toEqual(data)
    expect(decodeDepth(file)).toEqual({ height: 5, width: 7, channels: 1, data })
  })

  test('refuses samples that do not fill the picture', () => {
    expect(() => encodePng({ height: 2, width: 2, channels: 3, data: new Uint8Array(4) })).toThrow(
      'cannot write a PNG of 4 samples for 2×2×3: height × width × channels samples, at least one; check the raster that is written',
    )
  })
})

describe('labels', () => {
  test('go through an indexed PNG with the VOC palette', () => {
    const labels = Uint8Array.of(0, 1, 20, 255, 3, 7)
    const file = encodeLabels({ height: 2, width: 3, labels }, vocPalette())
    expect(decodeLabels(file)).toEqual({ height: 2, width: 3, labels })
    const png = fastPngDecode(file)
    expect(png.palette?.[20]).toEqual([0, 64, 128])
    expect([...png.data]).toEqual([...labels])
  })

  test('take a palette as a list of colours too, as model folders have it', () => {
    const map = { height: 1, width: 2, labels: Uint8Array.of(0, 1) }
    const colours = [
      [0, 0, 0],
      [128, 64, 255],
    ]
    expect(encodeLabels(map, colours)).toEqual(encodeLabels(map, Uint8Array.from(colours.flat())))
  })

  test('keep 16-bit values', () => {
    const data = Uint16Array.of(0, 894, 65535)
    expect(decodeLabels(encodePng({ height: 1, width: 3, channels: 1, data })).labels).toEqual(data)
  })

  test('are refused when the file is an RGB picture', () => {
    const file = encodePng({ height: 1, width: 1, channels: 3, data: Uint8Array.of(128, 0, 0) })
    expect(() => decodeLabels(file, { name: 'SegmentationClass/2007_000032.png' })).toThrowErrorMatchingInlineSnapshot(
      `[PixelwiseError: SegmentationClass/2007_000032.png is a PNG of kind "rgb": label maps are indexed or grey PNGs whose stored values are the labels; convert its colours with labelsFromColours(image, palette) and store the result with encodeLabels]`,
    )
  })

  test('above 255 cannot be written as an indexed PNG', () => {
    expect(() => encodeLabels({ height: 2, width: 2, labels: Uint16Array.of(1, 2, 3, 300) }, vocPalette())).toThrow(
      'label 300 at (1, 1): an indexed PNG holds labels 0..255; write larger labels as a 16-bit grey PNG with encodePng',
    )
  })

  test('a depth map must have 16 bits', () => {
    const file = encodePng({ height: 1, width: 1, channels: 1, data: Uint8Array.of(4) })
    expect(() => decodeDepth(file, { name: 'depth.png' })).toThrow(
      'depth.png is a PNG of kind "grey" with 8 bits: depth maps are grey PNGs of 16 bits; store depth in millimetres with encodeDepth',
    )
  })
})

describe('decodeImage', () => {
  test('looks palettes up and spreads grey values over three channels', async () => {
    const palette = Uint8Array.of(10, 20, 30, 200, 100, 50)
    const indexed = encodePng({ height: 1, width: 2, channels: 1, data: Uint8Array.of(1, 0), palette })
    expect([...(await decodeImage(indexed)).data]).toEqual([200, 100, 50, 10, 20, 30])
    const deep = encodePng({ height: 1, width: 1, channels: 1, data: Uint16Array.of(0xabcd) })
    expect([...(await decodeImage(deep)).data]).toEqual([0xab, 0xab, 0xab])
    const bits = cases.find(({ name }) => name === 'grey of 2 bits')
    const grey = await decodeImage(bytesOf(bits?.file ?? ''))
    expect(grey.data[0]).toBe((bits?.values[0] ?? 0) * 85)
  })

  test('says what it got when it is no picture', async () => {
    await expect(decodeImage(new TextEncoder().encode('<html>'), { name: 'a.jpg' })).rejects.toThrow(
      'a.jpg (6 bytes) is neither PNG nor JPEG: pictures are PNG or JPEG files; convert it to one of these',
    )
  })
})

describe('damaged and hostile files', () => {
  const whole = encodePng({ height: 20, width: 30, channels: 3, data: photo(20, 30, 3, 'whole') })

  /** The file with its header's width and height replaced and the checksum put right. */
  function withSize(width: number, height: number): Uint8Array {
    const file = whole.slice()
    const view = new DataView(file.buffer)
    view.setUint32(16, width)
    view.setUint32(20, height)
    view.setUint32(29, crc32(file.subarray(12, 29)))
    return file
  }

  test('every truncation is an error that names the file', () => {
    for (let length = 0; length < whole.length; length++) {
      expect(() => decodePng(whole.subarray(0, length), { name: 'cut.png' })).toThrow(/^cut\.png /)
    }
  })

  test('every flipped byte of a critical chunk is an error or leaves the picture as it was', () => {
    const { data } = decodePng(whole)
    for (let i = 0; i < whole.length; i++) {
      const file = whole.slice()
      file[i] ^= 0x55
      try {
        expect(decodePng(file).data).toEqual(data)
      } catch (error) {
        expect(error).toBeInstanceOf(PixelwiseError)
      }
    }
  })

  test('a chunk that claims more bytes than the file has', () => {
    const file = whole.slice()
    new DataView(file.buffer).setUint32(33, 0x7fffffff)
    expect(() => decodePng(file, { name: 'x.png' })).toThrow(
      `x.png IDAT chunk at byte 33 claims 2147483647 bytes, the file has ${whole.length - 45}: a PNG file is a sequence of whole chunks from IHDR to IEND; the file is cut short or damaged; copy or download it again`,
    )
  })

  test('absurd dimensions are refused before memory is taken', () => {
    expect(() => decodePng(withSize(2_000_000, 2_000_000), { name: 'x.png' })).toThrow(
      'x.png claims 2000000×2000000 pixels: at most 100000000 pixels are decoded; check the file, or pass a larger maxPixels if it is genuine',
    )
    expect(() => decodePng(withSize(9_000, 9_000), { name: 'x.png' })).toThrow(
      'x.png holds fewer pixels than the 9000×9000 it claims: its compressed data must expand to 243009000 bytes; the file is cut short or damaged; copy or download it again',
    )
  })

  test('a stream that expands to more than the picture needs is refused within the memory of the picture', () => {
    const bomb = encodePng({ height: 2000, width: 2000, channels: 1, data: new Uint8Array(4_000_000) })
    const view = new DataView(bomb.buffer)
    view.setUint32(16, 2)
    view.setUint32(20, 2)
    view.setUint32(29, crc32(bomb.subarray(12, 29)))
    expect(() => decodePng(bomb, { name: 'bomb.png' })).toThrow(
      'bomb.png: the compressed pixels cannot be expanded (it expands to more than 6 bytes): the IDAT chunks together are one zlib stream; the file is damaged; copy or download it again',
    )
  })

  test('a picture without a palette that needs one', () => {
    const file = whole.slice()
    file[25] = 3
    new DataView(file.buffer).setUint32(29, crc32(file.subarray(12, 29)))
    expect(() => readPngChunks(file, 'x.png')).toThrow('x.png is an indexed PNG without a palette')
  })
})
