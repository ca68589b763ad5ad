import { PixelwiseError } from '@pixelwise/masks/shared'
import type * as tf from '@tensorflow/tfjs-core'
import type { Offsets } from '../algebra/add-pairs.js'
import { centredOrigin } from '../pair-array.js'

/**
 * The window R of pairs on tensors, `[N, H, W, R·R]`: the entries of a region are its channels, row-major.
 *
 * Throws `<operation>/wrong-rank` and `<operation>/not-square`.
 */
export function windowOf(operation: string, name: string, { shape }: Pick<tf.Tensor, 'shape'>): number {
  const text = `[${shape.join(', ')}]`
  if (shape.length !== 4) {
    throw new PixelwiseError(`${operation}/wrong-rank`, {
      what: `${operation}: ${name} of shape ${text}`,
      rule: 'expected rank 4, [N, H, W, R·R]',
      next: 'reshape it, or add the missing axis with tf.expandDims',
    })
  }
  const window = windowOfChannels(shape[3])
  if (window !== undefined) return window
  throw new PixelwiseError(`${operation}/not-square`, {
    what: `${operation}: ${name} of shape ${text}`,
    rule: 'the channels are the cells of a square window, so their number is a square',
    next: 'end the convolution before it with R·R filters',
  })
}

/** The side of a square window of so many cells, or undefined where there is none. */
export function windowOfChannels(channels: number): number | undefined {
  const window = Math.round(Math.sqrt(channels))
  return window > 0 && window * window === channels ? window : undefined
}

/** Throws `<operation>/bad-origin` unless the origin is a cell of the window. */
export function checkOrigin(operation: string, origin: number, window: number): void {
  if (Number.isInteger(origin) && origin >= 0 && origin < window) return
  throw new PixelwiseError(`${operation}/bad-origin`, {
    what: `${operation}: origin ${origin} in a window of ${window}×${window}`,
    rule: `the origin is a cell of the window, from 0 to ${window - 1}`,
    next: `leave it out for the centre, ${Math.floor(window / 2)}`,
  })
}

/** Window and origin of pairs, the centre where none is given; throws as {@link windowOf} and {@link checkOrigin} do. */
export function offsetsOf(operation: string, name: string, p: tf.Tensor4D, given?: number): Offsets {
  const window = windowOf(operation, name, p)
  const origin = given ?? centredOrigin(window)
  checkOrigin(operation, origin, window)
  return { window, origin }
}
