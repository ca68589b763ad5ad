import type { Tensor } from '@tensorflow/tfjs-core'
import { expect } from 'vitest'

/** Largest difference of two tensors, relative to the largest value. Fails on zeros: all zeros agree with each other. */
export function relativeDifference(actual: Tensor, expected: Tensor): number {
  expect([actual.shape, actual.dtype]).toEqual([expected.shape, expected.dtype])
  const [a, b] = [Array.from(actual.dataSync()), Array.from(expected.dataSync())]
  const scale = b.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0)
  expect(scale).toBeGreaterThan(1e-6)
  return a.reduce((largest, value, i) => Math.max(largest, Math.abs(value - b[i]) / scale), 0)
}
