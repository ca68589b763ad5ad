import { expect, test } from 'vitest'
import { mosaic, sideBySide } from './mosaic.js'

const tile = (height: number, width: number, value: number) => ({
  height,
  width,
  channels: 1,
  data: new Uint8Array(height * width).fill(value),
})

const rows = ({ height, width, data }: { height: number; width: number; data: Uint8Array }) =>
  Array.from({ length: height }, (_, row) =>
    Array.from({ length: width }, (_, column) => data[(row * width + column) * 3]).join(' '),
  )

test('lays pictures row by row with gaps between and around', () => {
  const picture = mosaic([tile(1, 1, 1), tile(1, 1, 2), tile(1, 1, 3)], { columns: 2, gap: 1, background: [0, 0, 0] })
  expect(rows(picture)).toEqual(['0 0 0 0 0', '0 1 0 2 0', '0 0 0 0 0', '0 3 0 0 0', '0 0 0 0 0'])
})

test('centres smaller pictures in the cell of the largest', () => {
  const picture = sideBySide([tile(3, 3, 1), tile(1, 1, 2)], { gap: 0, background: [0, 0, 0] })
  expect(rows(picture)).toEqual(['1 1 1 0 0 0', '1 1 1 0 2 0', '1 1 1 0 0 0'])
})

test('keeps colour and drops alpha', () => {
  const rgba = { height: 1, width: 1, channels: 4, data: Uint8ClampedArray.of(10, 20, 30, 99) }
  expect([...mosaic([rgba], { gap: 0 }).data]).toEqual([10, 20, 30])
})

test('is as square as the number of pictures allows', () => {
  const { height, width } = mosaic(Array(5).fill(tile(2, 2, 0)), { gap: 0 })
  expect([height, width]).toEqual([4, 6])
})

test.each([0, -1, 1.5, Number.NaN])('refuses %d columns', (columns) => {
  expect(() => mosaic([tile(2, 2, 0)], { columns })).toThrow(
    `a mosaic of ${columns} columns: it has a whole number of them, at least 1; leave columns out for as many as make it square`,
  )
})

test('refuses an empty list', () => {
  expect(() => mosaic([])).toThrow(
    'a mosaic of 0 pictures: a mosaic needs at least one; check that the list of examples is not empty',
  )
})
