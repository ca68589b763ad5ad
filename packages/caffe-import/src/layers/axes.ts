import type { Shape } from '@pixelwise/core'
import { type Tensor, type Tensor4D, transpose } from '@tensorflow/tfjs-core'

/**
 * Caffe's axes in our maps. A blob `[N, C, H, W]` is a map `[N, H, W, C]`; a blob of fewer axes has size 1 along those
 * it lacks, so that `[N, C]` is `[N, 1, 1, C]`.
 */
const ours = [0, 3, 1, 2] as const
const caffes = [0, 2, 3, 1] as const

/** Our axis of a Caffe axis 0..3. */
export function ourAxis(caffeAxis: number): number {
  return ours[caffeAxis]
}

/** Caffe's axis of one of ours. */
export function caffeAxis(ourAxis: number): number {
  return caffes[ourAxis]
}

/** `[N, H, W, C]` → `[N, C, H, W]`. */
export function toCaffe(x: Tensor): Tensor4D {
  return transpose(x as Tensor4D, [...caffeOrder])
}

/** `[N, C, H, W]` → `[N, H, W, C]`. */
export function fromCaffe(x: Tensor): Tensor4D {
  return transpose(x as Tensor4D, [...ourOrder])
}

const caffeOrder = [0, 3, 1, 2] as const
const ourOrder = [0, 2, 3, 1] as const

/** The sizes of one of our shapes in Caffe's order. */
export function caffeShape([batch, height, width, channels]: Shape): Shape {
  return [batch, channels, height, width]
}

/** A shape of up to four of Caffe's axes as one of ours. */
export function ourShape([batch = 1, channels = 1, height = 1, width = 1]: Shape): Shape {
  return [batch, height, width, channels]
}

/** The product of sizes; null where one is free. */
export function product(sizes: Shape): number | null {
  return sizes.reduce((total, size) => (total === null || size === null ? null : total * size), 1 as number | null)
}
