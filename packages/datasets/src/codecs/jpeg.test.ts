import { Rng } from '@pixelwise/masks/shared'
import sharp from 'sharp'
import { describe, expect, test } from 'vitest'
import { nodeJpegCodec } from '../node/sharp-codec.js'
import { synthesizeScene } from '../synthetic/scene.js'
import { readJpegSize } from './jpeg.js'

const { image } = synthesizeScene(new Rng('jpeg'), { height: 48, width: 64 })
const codecs = [await nodeJpegCodec('sharp'), await nodeJpegCodec('jpeg-js')]
const baseline = await codecs[0].encode(image)
const progressive = new Uint8Array(
  await sharp(image.data, { raw: { height: 48, width: 64, channels: 3 } })
    .jpeg({ quality: 95, progressive: true, chromaSubsampling: '4:4:4' })
    .toBuffer(),
)

function meanDifference(a: Uint8Array, b: Uint8Array): number {
  return a.reduce((sum, value, i) => sum + Math.abs(value - b[i]), 0) / a.length
}

describe.each(codecs)('the $name codec', (codec) => {
  test('keeps a picture within a few grey levels', async () => {
    const decoded = await codec.decode(await codec.encode(image, 95))
    expect([decoded.height, decoded.width, decoded.channels]).toEqual([48, 64, 3])
    // Quality 95 without subsampling loses about one grey level of these pictures; 3 leaves room for their noise.
    expect(meanDifference(decoded.data, image.data)).toBeLessThan(3)
  })

  test('decodes baseline and progressive files as libjpeg does', async () => {
    const expected = await sharp(baseline).raw().toBuffer()
    for (const file of [baseline, progressive]) {
      const decoded = await codec.decode(file)
      // The two inverse cosine transforms round differently, by one grey level here and there.
      expect(meanDifference(decoded.data, expected)).toBeLessThan(0.6)
    }
  })

  test('gives grey pictures three equal channels', async () => {
    const grey = await sharp(image.data, { raw: { height: 48, width: 64, channels: 3 } })
      .greyscale()
      .jpeg()
      .toBuffer()
    const { data, channels } = await codec.decode(new Uint8Array(grey))
    expect(channels).toBe(3)
    expect(data.length).toBe(48 * 64 * 3)
    for (let i = 0; i < data.length; i += 3) expect([data[i + 1], data[i + 2]]).toEqual([data[i], data[i]])
  })

  test('does not apply the EXIF rotation, so that labels fit', async () => {
    const rotated = await sharp(baseline).withMetadata({ orientation: 6 }).jpeg().toBuffer()
    const { height, width } = await codec.decode(new Uint8Array(rotated))
    expect([height, width]).toEqual([48, 64])
  })

  test('refuses absurd dimensions before decoding', async () => {
    const file = baseline.slice()
    const frame = file.findIndex((byte, i) => byte === 0xff && file[i + 1] === 0xc0)
    file.set([0xff, 0xfe, 0xff, 0xfe], frame + 5)
    await expect(codec.decode(file, { name: 'huge.jpg' })).rejects.toThrow(
      'huge.jpg claims 65534×65534 pixels: at most 100000000 pixels are decoded; check the file, or pass a larger maxPixels if it is genuine',
    )
  })

  test('every truncation is an error that names the file', async () => {
    for (let length = 0; length < baseline.length - 2; length += 97) {
      await expect(codec.decode(baseline.subarray(0, length), { name: 'cut.jpg' }), `${length} bytes`).rejects.toThrow(
        /^cut\.jpg /,
      )
    }
  })
})

test('the size is read from the frame header', () => {
  expect(readJpegSize(baseline)).toEqual({ height: 48, width: 64, channels: 3 })
  expect(readJpegSize(progressive)).toEqual({ height: 48, width: 64, channels: 3 })
})

test('says what is wrong with a file that is no JPEG', async () => {
  await expect(codecs[1].decode(new Uint8Array(10), { name: 'a.jpg' })).rejects.toThrow(
    'a.jpg does not begin like a JPEG file: a JPEG file holds a frame header and all of its scans; the file is cut short or damaged; copy or download it again',
  )
})
