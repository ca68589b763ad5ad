import { expect, test } from 'vitest'
import { colourize } from './colourize.js'
import { ignoreColourOf, type Rgb } from './palette.js'

const palette: Rgb[] = [
  [1, 2, 3],
  [4, 5, 6],
]

test('gives every pixel the colour of its label, ignored ones the ignore colour', () => {
  const labels = { height: 3, width: 1, labels: Int32Array.of(1, 0, 255) }
  const picture = colourize(labels, palette, { ignoreColour: [9, 9, 9] })
  expect(picture).toEqual({ height: 3, width: 1, channels: 3, data: Uint8Array.of(4, 5, 6, 1, 2, 3, 9, 9, 9) })
})

test('refuses labels beyond the palette, negative ones included', () => {
  expect(() => colourize({ height: 1, width: 1, labels: Int32Array.of(-1) }, palette)).toThrow(
    'label -1 has no colour: the palette covers 0..1, and 255 is ignored; pass a longer palette, or the right ignoreLabel',
  )
})

test('takes a palette of bytes as data sets store it', () => {
  const labels = { height: 1, width: 3, labels: Uint8Array.of(1, 0, 255) }
  const flat = Uint8Array.of(1, 2, 3, 4, 5, 6)
  expect(colourize(labels, flat)).toEqual(colourize(labels, palette))
})

test('knows the colour of what does not count, for legends', () => {
  const bytes = new Uint8Array(768)
  bytes.set([7, 8, 9], 3 * 255)
  expect([ignoreColourOf(palette), ignoreColourOf(bytes)]).toEqual([
    [224, 224, 192],
    [7, 8, 9],
  ])
})
