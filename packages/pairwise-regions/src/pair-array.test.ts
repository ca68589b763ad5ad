import { PixelwiseError } from '@pixelwise/masks/shared'
import { describe, expect, test } from 'vitest'
import { pairArray, transposedOrigin } from './pair-array.js'

describe('a pair array', () => {
  test('is centred and dense unless told otherwise', () => {
    const array = pairArray({ grid: [2, 3], window: 4, stride: 8 })
    expect(array).toMatchObject({ origin: 2, step: 1 })
    expect(array.data).toHaveLength(2 * 3 * 4 * 4)
  })

  test('has its origin reflected by a transpose: odd windows stay centred, even ones move by one cell', () => {
    expect(transposedOrigin({ window: 5, origin: 2 })).toBe(2)
    expect(transposedOrigin({ window: 4, origin: 2 })).toBe(1)
    expect(transposedOrigin({ window: 4, origin: 1 })).toBe(2)
  })

  test('refuses data of another size', () => {
    expect(() => pairArray({ grid: [2, 3], window: 2, stride: 8 }, new Float32Array(23))).toThrow(
      new PixelwiseError('pair-array/wrong-length', {
        what: '23 numbers for a pair array of 2×3 regions with windows of 2×2 cells',
        rule: 'such an array holds 24 numbers',
        next: 'check the grid and the window, or lay the data out as [rows, columns, window, window]',
      }),
    )
  })

  test('refuses an origin outside the window', () => {
    expect(() => pairArray({ grid: [2, 3], window: 2, stride: 8, origin: 2 })).toThrow(
      new PixelwiseError('pair-array/bad-geometry', {
        what: 'origin is 2',
        rule: 'a whole number from 0 to 1',
        next: 'give cells for grid, window, origin and step, and pixels for the stride',
      }),
    )
  })
})
