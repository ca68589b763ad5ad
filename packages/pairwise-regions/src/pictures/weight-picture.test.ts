import { PixelwiseError } from '@pixelwise/masks/shared'
import { expect, test } from 'vitest'
import { weightPicture } from './weight-picture.js'

/** Weights as a function of tap row and column, channel, and output row and column. */
function filterOf(
  [kernel, channels, window]: readonly [number, number, number],
  weight: (y: number, x: number, channel: number, i: number, j: number) => number,
) {
  const values: number[] = []
  for (let y = 0; y < kernel; y++)
    for (let x = 0; x < kernel; x++)
      for (let channel = 0; channel < channels; channel++)
        for (let i = 0; i < window; i++) for (let j = 0; j < window; j++) values.push(weight(y, x, channel, i, j))
  return { shape: [kernel, kernel, channels, window * window], values }
}

const linesOf = ({ data, width }: { data: Float32Array; width: number }) =>
  Array.from({ length: data.length / width }, (_, row) => [...data.slice(row * width, (row + 1) * width)])

test('puts the norms of each output cell into a block at its place', () => {
  // Digits tell them apart: output row, output column, tap row, tap column; the channels cancel but for their sign.
  const filter = filterOf(
    [2, 2, 2],
    (y, x, channel, i, j) => ((i * 1000 + j * 100 + y * 10 + x) / 2) * (channel ? -1 : 1),
  )
  expect(linesOf(weightPicture(filter))).toEqual([
    [0, 1, 0, 100, 101],
    [10, 11, 0, 110, 111],
    [0, 0, 0, 0, 0],
    [1000, 1001, 0, 1100, 1101],
    [1010, 1011, 0, 1110, 1111],
  ])
})

test('differences are taken weight by weight, downwards or to the right, before the norm', () => {
  const filter = filterOf([1, 2, 2], (_y, _x, channel, i, j) => (channel ? 1 : -1) * (3 * i + j))
  expect(weightPicture(filter, { difference: 'rows', gap: 0 })).toEqual({
    height: 1,
    width: 2,
    channels: 1,
    data: Float32Array.of(6, 6),
  })
  expect(weightPicture(filter, { difference: 'columns', gap: 0 })).toEqual({
    height: 2,
    width: 1,
    channels: 1,
    data: Float32Array.of(2, 2),
  })
  // Norms are alike here, weights are not.
  const turned = filterOf([1, 1, 2], (_y, _x, _channel, i) => (i === 0 ? 1 : -1))
  expect([...weightPicture(turned, { difference: 'rows' }).data]).toEqual([2, 0, 2])
})

test('a net that adds up what lies under each cell shows it in the differences alone', () => {
  // Each output cell sees the features from the centre up to the row it stands for: sums, whose differences are rows.
  const filter = filterOf([5, 1, 5], (y, _x, _channel, i) => (y >= Math.min(2, i) && y <= Math.max(2, i) ? 1 : 0))
  const all = linesOf(weightPicture(filter, { gap: 0 }))
  const differences = linesOf(weightPicture(filter, { difference: 'rows', gap: 0 }))
  const rowsOfBlock = (lines: number[][], block: number) =>
    lines.slice(5 * block, 5 * block + 5).map(([first]) => first)
  expect([0, 1, 2, 3, 4].map((block) => rowsOfBlock(all, block))).toEqual([
    [1, 1, 1, 0, 0],
    [0, 1, 1, 0, 0],
    [0, 0, 1, 0, 0],
    [0, 0, 1, 1, 0],
    [0, 0, 1, 1, 1],
  ])
  expect([0, 1, 2, 3].map((block) => rowsOfBlock(differences, block))).toEqual([
    [1, 0, 0, 0, 0],
    [0, 1, 0, 0, 0],
    [0, 0, 0, 1, 0],
    [0, 0, 0, 0, 1],
  ])
})

test('says what is no filter of a region prediction', () => {
  expect(() => weightPicture({ shape: [3, 3, 2, 8], values: new Float32Array(144) })).toThrow(
    new PixelwiseError('weightPicture/wrong-shape', {
      what: 'weightPicture: 144 weights of shape [3, 3, 2, 8]',
      rule: 'expected [k, k, C, R·R]: the filter of a convolution whose channels are the cells of a square window',
      next: "pass the first weight of a pathway's convolution",
    }),
  )
})
