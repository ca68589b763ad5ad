import { PixelwiseError } from '@pixelwise/masks/shared'
import * as tf from '@tensorflow/tfjs-core'
import type { PerAxis } from '../geometry/spatial-map.js'
import { checkRank, checkWhole } from './checks.js'
import { checkOutput, type Pad, type Pair, padMaps, pair, type Sides, sidesOf } from './window.js'

/** Pooling windows; cells of the input throughout. */
export interface PoolingOptions {
  readonly window: PerAxis
  /** Distance between neighbouring windows; the window itself by default. */
  readonly stride?: PerAxis
  /** Cells outside the map that windows may cover, less than the window; none by default. */
  readonly pad?: Pad
  /** Whether windows that stick out at the bottom and right count (`ceil`, the default, as Caffe) or not (`floor`). */
  readonly rounding?: 'ceil' | 'floor'
}

/**
 * The largest value of each window; cells outside the map never win.
 *
 * With ceil rounding h = ⌈(H + top + bottom − kh) / stride⌉ + 1, less one where the last window would start outside the
 * map and its top and left padding. (Caffe makes that correction only when padded; without padding and with windows smaller than
 * their stride it leaves empty windows, which no net uses.) The gradient goes to the first maximum in row-major order.
 *
 * Shapes: x `[N, H, W, C]` → `[N, h, w, C]` float32. The caller disposes the result.
 * Throws `maxPool/wrong-rank`, `/bad-option`, `/pad-too-large`, `/empty-output`.
 * Source: Caffe's Pooling layer, MAX.
 */
export function maxPool(x: tf.Tensor4D, options: PoolingOptions): tf.Tensor4D {
  const { window, stride, sides } = poolingWindows('maxPool', x, options)
  return tf.tidy(() => tf.maxPool(padMaps(x, sides, lowest), [...window], [...stride], 'valid'))
}

/**
 * The mean of each window by Caffe's divisor: padding counts as zeros, what a ceil-rounded window covers beyond the
 * padding does not count.
 *
 * Sizes as {@link maxPool}. Shapes: x `[N, H, W, C]` → `[N, h, w, C]` float32. The caller disposes the result.
 * Throws `averagePool/wrong-rank`, `/bad-option`, `/pad-too-large`, `/empty-output`.
 * Source: Caffe's Pooling layer, AVE.
 */
export function averagePool(x: tf.Tensor4D, options: PoolingOptions): tf.Tensor4D {
  const { window, stride, sides, output, counted } = poolingWindows('averagePool', x, options)
  return tf.tidy(() => {
    const mean = tf.avgPool(padMaps(x, sides), [...window], [...stride], 'valid')
    const shares = [0, 1].map((axis) =>
      Array.from({ length: output[axis] }, (_, cell) => {
        return window[axis] / Math.min(window[axis], counted[axis] - cell * stride[axis])
      }),
    )
    if (shares.flat().every((share) => share === 1)) return mean
    const rows = tf.tensor4d(shares[0], [1, output[0], 1, 1])
    const columns = tf.tensor4d(shares[1], [1, 1, output[1], 1])
    return tf.mul(mean, tf.mul(rows, columns))
  })
}

/** Pooling windows worked out for one map. */
export interface PoolingWindows {
  readonly window: Pair
  readonly stride: Pair
  /** Padding under which windows without padding cover exactly what they should, the ceil overhang included. */
  readonly sides: Sides
  readonly output: Pair
  /** Size of the map with the asked padding, without the ceil overhang. */
  readonly counted: Pair
}

/** Checks the options and works out sizes. */
export function poolingWindows(operation: string, x: tf.Tensor4D, options: PoolingOptions): PoolingWindows {
  const { rounding = 'ceil', pad = 0 } = options
  checkRank(operation, 'x', x, 'N, H, W, C')
  checkWhole(operation, 'window', options.window, 1)
  checkWhole(operation, 'stride', options.stride ?? options.window, 1)
  const window = pair(options.window)
  const stride = pair(options.stride ?? options.window)
  const asked = sidesOf(operation, pad)
  checkPad(operation, asked, window)
  const counted: Pair = [x.shape[1] + asked.top + asked.bottom, x.shape[2] + asked.left + asked.right]
  const before: Pair = [asked.top, asked.left]
  const count = (axis: 0 | 1) =>
    pooledSize(x.shape[axis + 1], {
      window: window[axis],
      stride: stride[axis],
      padBefore: before[axis],
      padAfter: counted[axis] - before[axis] - x.shape[axis + 1],
      rounding,
    })
  const output: Pair = [count(0), count(1)]
  checkOutput(operation, output, counted, window)
  const reach: Pair = [(output[0] - 1) * stride[0] + window[0], (output[1] - 1) * stride[1] + window[1]]
  const sides = {
    ...asked,
    bottom: asked.bottom + Math.max(0, reach[0] - counted[0]),
    right: asked.right + Math.max(0, reach[1] - counted[1]),
  }
  return { window, stride, sides, output, counted }
}

/**
 * How many windows a pooling lays along an axis of `size` cells.
 *
 * `ceil` is Caffe's rule: a last window that sticks out counts, unless it would start beyond the map; `floor` counts
 * whole windows only.
 */
export function pooledSize(
  size: number,
  {
    window,
    stride,
    padBefore,
    padAfter,
    rounding,
  }: {
    readonly window: number
    readonly stride: number
    readonly padBefore: number
    readonly padAfter: number
    readonly rounding: 'ceil' | 'floor'
  },
): number {
  const steps = (size + padBefore + padAfter - window) / stride
  if (rounding === 'floor') return Math.floor(steps) + 1
  const count = Math.ceil(steps) + 1
  return (count - 1) * stride >= size + padBefore ? count - 1 : count
}

/** The most negative float32: less than every value of a map, yet a number on every backend. */
const lowest = -3.4028234663852886e38

function checkPad(operation: string, { top, bottom, left, right }: Sides, [rows, columns]: Pair): void {
  if (Math.max(top, bottom) < rows && Math.max(left, right) < columns) return
  throw new PixelwiseError(`${operation}/pad-too-large`, {
    what: `${operation}: pad ${top},${bottom} rows and ${left},${right} columns with a window of ${rows}×${columns}`,
    rule: 'padding must be smaller than the window, so that every window sees the map',
    next: 'pass less padding, or pad the map beforehand',
  })
}
