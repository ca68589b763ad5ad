import type { TensorSignature } from '../trace/trace.js'

/** Which lengths of a model's inputs are free: null in their shapes, as tfjs-layers writes them. */
export type FreeShape = readonly (number | null)[]

/**
 * Added to batch, height, width (and further axes) of the sizes to trace at: larger, so that every net that takes the
 * first size takes these, and with other remainders by every stride of the usual nets, so that rounding shows.
 */
const added = [
  [1, 13, 29],
  [2, 37, 6],
  [4, 22, 51],
  [1, 71, 43],
]

/** Sizes around the given ones at which to learn how a graph depends on its sizes; none where no length is free. */
export function sampleSizes(signatures: readonly TensorSignature[], free: readonly FreeShape[]): TensorSignature[][] {
  if (!free.some((shape) => shape.includes(null))) return []
  return added.map((amounts) =>
    signatures.map((signature, i) => ({
      ...signature,
      shape: signature.shape.map((length, axis) =>
        free[i]?.[axis] === null ? length + amounts[Math.min(axis, amounts.length - 1)] : length,
      ),
    })),
  )
}
