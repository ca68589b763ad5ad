import { expect, test } from 'vitest'
import { vocPalette } from './palette.js'

test('is the published VOC colour map', () => {
  const palette = vocPalette()
  const colour = (label: number) => [...palette.subarray(label * 3, label * 3 + 3)]
  expect(colour(0)).toEqual([0, 0, 0])
  expect(colour(1)).toEqual([128, 0, 0])
  expect(colour(2)).toEqual([0, 128, 0])
  expect(colour(3)).toEqual([128, 128, 0])
  expect(colour(8)).toEqual([64, 0, 0])
  expect(colour(15)).toEqual([192, 128, 128])
  expect(colour(20)).toEqual([0, 64, 128])
  expect(colour(21)).toEqual([128, 64, 128])
  expect(colour(255)).toEqual([224, 224, 192])
})
