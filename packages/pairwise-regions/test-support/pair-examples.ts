import * as tf from '@tensorflow/tfjs-core'
import { type PairArray, type PartialPairGeometry, pairArray, pairCount } from '../src/pair-array.js'

/** Pairs whose entries are a function of their place, counted in row-major order. */
export function pairsOf(geometry: Omit<PartialPairGeometry, 'stride'>, value: (k: number) => number): PairArray {
  const empty = pairArray({ stride: 1, ...geometry })
  return { ...empty, data: Float32Array.from({ length: pairCount(empty) }, (_, k) => value(k)) }
}

/** Entries without pattern, between −1 and 1, different for each seed. */
export function irregularPairs(geometry: Omit<PartialPairGeometry, 'stride'>, seed = 0): PairArray {
  return pairsOf(geometry, (k) => Math.sin(12.9898 * (k + 1) + 78.233 * seed) * Math.cos(4.1414 * k))
}

/** The entries of one region. */
export function regionOf({ data, grid, window }: PairArray, row: number, column: number): number[] {
  const area = window * window
  const first = (row * grid[1] + column) * area
  return [...data.subarray(first, first + area)]
}

/** The largest difference of two lists; equal infinities differ by nothing. */
export function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY
  let largest = 0
  for (let k = 0; k < a.length; k++) if (!Object.is(a[k], b[k])) largest = Math.max(largest, Math.abs(a[k] - b[k]))
  return largest
}

/** A pair array as a batch of one: `[1, rows, columns, window²]`. */
export function tensorOf({ data, grid, window }: PairArray): tf.Tensor4D {
  return tf.tensor4d(data, [1, grid[0], grid[1], window * window])
}
