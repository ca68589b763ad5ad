import { expect, test } from 'vitest'
import { overlay } from './overlay.js'
import type { Rgb } from './palette.js'

const palette: Rgb[] = [
  [0, 0, 0],
  [128, 0, 0],
  [0, 128, 255],
]

const grey = (height: number, width: number, value: number) => ({
  height,
  width,
  channels: 1,
  data: new Uint8Array(height * width).fill(value),
})

// Expected values by hand, after the rule (0.5 * image + 0.5 * palette[label]).astype(uint8) where label > 0.
test('blends every class but the background half and half and cuts to whole numbers', () => {
  const image = { height: 1, width: 3, channels: 3, data: Uint8Array.of(101, 101, 101, 101, 7, 255, 3, 2, 1) }
  const result = overlay(image, { height: 1, width: 3, labels: Uint8Array.of(0, 1, 2) }, { palette })
  expect([...result.data]).toEqual([101, 101, 101, 114, 3, 127, 1, 65, 128])
  expect([...image.data]).toEqual([101, 101, 101, 101, 7, 255, 3, 2, 1])
})

test('alpha 0 gives the image, alpha 1 the colours', () => {
  const labels = { height: 1, width: 2, labels: Uint8Array.of(1, 2) }
  expect([...overlay(grey(1, 2, 9), labels, { palette, alpha: 0 }).data]).toEqual([9, 9, 9, 9, 9, 9])
  expect([...overlay(grey(1, 2, 9), labels, { palette, alpha: 1 }).data]).toEqual([128, 0, 0, 0, 128, 255])
})

test('background null paints label 0 too', () => {
  const labels = { height: 1, width: 1, labels: Uint8Array.of(0) }
  expect([...overlay(grey(1, 1, 100), labels, { palette, background: null }).data]).toEqual([50, 50, 50])
})

test('ignored pixels keep the image unless the palette has a colour for them', () => {
  const labels = { height: 1, width: 1, labels: Uint8Array.of(255) }
  expect([...overlay(grey(1, 1, 100), labels, { palette }).data]).toEqual([100, 100, 100])
  const full = Array.from({ length: 256 }, (): Rgb => [224, 224, 192])
  expect([...overlay(grey(1, 1, 100), labels, { palette: full }).data]).toEqual([162, 162, 146])
})

test('draws boundaries on the inner side of each region', () => {
  const labels = {
    height: 4,
    width: 4,
    labels: Uint8Array.of(...[0, 0, 0, 0], ...[0, 1, 1, 1], ...[0, 1, 1, 1], ...[0, 1, 1, 1]),
  }
  const result = overlay(grey(4, 4, 0), labels, { palette, alpha: 1, boundary: [255, 255, 255] })
  const red = Array.from({ length: 16 }, (_, pixel) => result.data[pixel * 3])
  expect(red).toEqual([...[0, 0, 0, 0], ...[0, 255, 255, 255], ...[0, 255, 128, 128], ...[0, 255, 128, 128]])
})

test('says which label has no colour', () => {
  expect(() => overlay(grey(1, 1, 0), { height: 1, width: 1, labels: Uint8Array.of(38) }, { palette })).toThrow(
    'label 38 has no colour: the palette covers 0..2, and 255 is ignored; pass a longer palette, or the right ignoreLabel',
  )
})

test('refuses labels of another size', () => {
  expect(() => overlay(grey(2, 3, 0), { height: 3, width: 2, labels: new Uint8Array(6) }, { palette })).toThrow(
    'image 2×3 with labels 3×2: an overlay needs one label per pixel; resize the score map to the image before taking labels, or pass the image that was labelled',
  )
})

test('refuses a share that is none', () => {
  const labels = { height: 1, width: 1, labels: new Uint8Array(1) }
  expect(() => overlay(grey(1, 1, 0), labels, { palette, alpha: 1.5 })).toThrow(
    'alpha 1.5: the share of the label colour lies within 0..1; pass 0 for the bare image, 1 for the bare labels',
  )
})

test('refuses rasters that are no pictures', () => {
  const depth = { height: 1, width: 1, channels: 1, data: Uint16Array.of(4000) }
  expect(() => overlay(depth, { height: 1, width: 1, labels: new Uint8Array(1) }, { palette })).toThrow(
    'Uint16Array of 1 values as 1×1×1: a picture has 8-bit values, height × width × channels of them, and 1, 3 or 4 channels; scale the values to 0..255 and keep one, three or four channels',
  )
})
