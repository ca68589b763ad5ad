import type { TensorSignature } from '../trace/trace.js'

/** Which lengths of a model's inputs are free: null in their shapes, as tfjs-layers writes them. */
export type FreeShape = readonly (number | null)[]

/**
 * Added to batch, height, width (and further axes) of the sizes to trace at: larger, so that every net that takes the
 * first size takes these, and with all kinds of remainders by every stride of the usual nets, so that rounding shows:
 * whether a map had an odd length is a coin toss per stage and sample.
 */
const added = [
  [1, 13, 29],
  [2, 37, 6],
  [4, 22, 51],
  [1, 71, 43],
  [2, 8, 24],
  [1, 91, 16],
  [3, 50, 75],
  [1, 1, 2],
  [1, 2, 1],
  [1, 63, 31],
  [2, 28, 93],
  [1, 43, 60],
  [1, 16, 9],
  [1, 4, 38],
  [1, 57, 20],
  [1, 34, 47],
]

/** How well to learn: `some` where every size is checked when it first appears, `many` where nothing can be checked later. */
export type SampleCount = 'some' | 'many'

const counts = { some: 6, many: added.length }

/** Sizes around the given ones at which to learn how a graph depends on its sizes; none where no length is free. */
export function sampleSizes(
  signatures: readonly TensorSignature[],
  free: readonly FreeShape[],
  count: SampleCount,
): TensorSignature[][] {
  if (!free.some((shape) => shape.includes(null))) return []
  return added.slice(0, counts[count]).map((amounts) =>
    signatures.map((signature, i) => ({
      ...signature,
      shape: signature.shape.map((length, axis) =>
        free[i]?.[axis] === null ? length + amounts[Math.min(axis, amounts.length - 1)] : length,
      ),
    })),
  )
}
