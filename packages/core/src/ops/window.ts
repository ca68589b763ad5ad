import { PixelwiseError } from '@pixelwise/masks/shared'
import * as tf from '@tensorflow/tfjs-core'
import { at, type PerAxis } from '../geometry/spatial-map.js'
import { checkWhole } from './checks.js'

/** Cells added on each side of a map. */
export interface Sides {
  readonly top: number
  readonly bottom: number
  readonly left: number
  readonly right: number
}

/** Padding: the same on opposite sides (one number, or rows and columns), or each side by itself. */
export type Pad = PerAxis | Sides

/** Rows and columns. */
export type Pair = readonly [rows: number, columns: number]

/** A value per axis, written out. */
export function pair(value: PerAxis): Pair {
  return [at(value, 0), at(value, 1)]
}

/** Padding, written out; throws `<operation>/bad-option` on negative or broken cells. */
export function sidesOf(operation: string, pad: Pad): Sides {
  const sides =
    typeof pad === 'object' && 'top' in pad
      ? pad
      : { top: at(pad, 0), bottom: at(pad, 0), left: at(pad, 1), right: at(pad, 1) }
  checkWhole(operation, 'pad', [sides.top, sides.left], 0)
  checkWhole(operation, 'pad', [sides.bottom, sides.right], 0)
  return sides
}

/** The extent of a window whose taps lie `dilation` apart. */
export function dilatedSize(taps: number, dilation: number): number {
  return (taps - 1) * dilation + 1
}

/** Adds cells of one value around the maps. */
export function padMaps(x: tf.Tensor4D, { top, bottom, left, right }: Sides, value = 0): tf.Tensor4D {
  if (top + bottom + left + right === 0) return x
  return tf.pad(x, noCells(top, bottom, left, right), value)
}

function noCells(top: number, bottom: number, left: number, right: number): [number, number][] {
  return [
    [0, 0],
    [top, bottom],
    [left, right],
    [0, 0],
  ]
}

/** Throws `<operation>/empty-output` unless both output sizes are positive. */
export function checkOutput(operation: string, output: Pair, input: Pair, window: Pair): void {
  if (output[0] > 0 && output[1] > 0) return
  throw new PixelwiseError(`${operation}/empty-output`, {
    what: `${operation}: a window of ${window[0]}×${window[1]} over a padded map of ${input[0]}×${input[1]} leaves ${Math.max(0, output[0])}×${Math.max(0, output[1])}`,
    rule: 'the window must fit into the padded map at least once',
    next: 'pass a larger map or image, a higher pad (of the layer, or of the backbone that the net begins with) or a smaller window',
  })
}
