import { expect, test } from 'vitest'
import { logDepth } from './log-depth.js'

test('is the logarithm of millimetres, and the mean where nothing was measured', () => {
  const depth = { height: 1, width: 3, channels: 1, data: Uint16Array.of(1, 2550, 0) }
  const { data } = logDepth(depth)
  expect(data[0]).toBe(0)
  // e^7.844 is about 2550 mm, the mean depth of NYUDv2.
  expect(data[1]).toBeCloseTo(7.844, 3)
  expect(data[2]).toBeCloseTo(7.844, 6)
  expect(logDepth(depth, 0).data[2]).toBe(0)
})
