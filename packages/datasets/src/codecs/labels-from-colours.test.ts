import { expect, test } from 'vitest'
import { vocPalette } from '../classes/palette.js'
import { pngToRgb } from './image.js'
import { encodeLabels } from './label-png.js'
import { labelsFromColours } from './labels-from-colours.js'
import { decodePng } from './png-decode.js'

test('colours painted with a palette give the labels back', () => {
  const labels = Uint8Array.from({ length: 256 }, (_, i) => i)
  const file = encodeLabels({ height: 16, width: 16, labels }, vocPalette())
  expect(labelsFromColours(pngToRgb(decodePng(file)), vocPalette())).toEqual({ height: 16, width: 16, labels })
})

test('an unknown colour is reported with its place', () => {
  const data = Uint8Array.of(0, 0, 0, 0, 0, 0, 1, 2, 3, 0, 0, 0)
  expect(() => labelsFromColours({ height: 2, width: 2, channels: 3, data }, vocPalette())).toThrow(
    'colour (1, 2, 3) at (1, 0): every pixel has a colour of the palette; pass the palette the labels were drawn with; JPEG label pictures cannot be converted',
  )
})
