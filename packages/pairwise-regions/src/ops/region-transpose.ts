import { withGradient } from '@pixelwise/core'
import * as tf from '@tensorflow/tfjs-core'
import { type TransposeShape, transposeInto } from '../algebra/region-transpose.js'
import { arrayKernel } from './array-kernel.js'
import { offsetsOf } from './pair-channels.js'

/** Origin of the result, and what stands where nothing was said. */
export interface RegionTransposeOptions {
  /** Origin of the result; the input's is `R − 1 − origin`. Default `⌊R/2⌋`. */
  readonly origin?: number
  /** What stands where the cell is the centre of no region: the zero of the semiring in use. Default 0. */
  readonly fill?: number
}

/**
 * The region transpose: pᵀ(x, Δ) = p(x + Δ, −Δ), or out[c, i] = p[c + i − origin, R − 1 − i] per axis.
 *
 * After it, what each region says about a cell was computed from the features under that cell. It has no weights and
 * moves numbers only; its gradient is the transpose with the other origin, and so is its inverse.
 *
 * Shapes: `[N, H, W, R·R]` → the same, channels row-major over the window, float32. On `cpu` and `wasm` it is one pass
 * over the numbers; elsewhere, and while tracing, 2·R slices of padded planes.
 * Throws `regionTranspose/wrong-rank`, `/not-square`, `/bad-origin`. Source: Long 2016, §4.3.2 and §4.3.3.
 */
export function regionTranspose(p: tf.Tensor4D, { origin, fill = 0 }: RegionTransposeOptions = {}): tf.Tensor4D {
  const { window, origin: to } = offsetsOf('regionTranspose', 'p', p, origin)
  return withGradient(
    [p],
    [],
    () => transposed(p, window, to, fill),
    (dy) => [regionTranspose(dy, { origin: window - 1 - to })],
  )
}

const kernel = arrayKernel<Omit<TransposeShape, 'batch' | 'rows' | 'columns'> & { shape: number[] }>(
  'RegionTranspose',
  ([source], [target], { shape: [batch, rows, columns], ...rest }) =>
    transposeInto(source, target, { batch, rows, columns, ...rest }),
)

function transposed(p: tf.Tensor4D, window: number, origin: number, fill: number): tf.Tensor4D {
  if (!kernel.supported()) return transposeByShifts(p, origin, fill)
  const [result] = kernel.run([p], [p.shape], { shape: p.shape, window, origin, fill })
  return result as tf.Tensor4D
}

/**
 * The region transpose out of tfjs operations, for backends without a kernel of their own.
 *
 * With the channels in front of rows and columns, the plane of each offset moves as a whole: all of one row offset by as
 * many rows, then all of one column offset by as many columns. Each move is a slice of the padded planes; taking the
 * last plane first reverses the window.
 */
export function transposeByShifts(p: tf.Tensor4D, origin: number, fill: number): tf.Tensor4D {
  const [batch, height, width, channels] = p.shape
  const window = Math.sqrt(channels)
  const offsets = Array.from({ length: window }, (_, i) => i)
  const sides: [number, number] = [origin, window - 1 - origin]
  return tf.tidy(() => {
    const planes = tf.pad(tf.transpose(p, [0, 3, 1, 2]), [[0, 0], [0, 0], sides, sides], fill)
    const inRow = (i: number) => tf.slice(planes, [0, (window - 1 - i) * window, i, 0], [-1, window, height, -1])
    const rowsMoved = tf.reshape<tf.Rank.R4>(tf.concat(offsets.map(inRow), 1), [batch * window, window, height, -1])
    const inColumn = (j: number) => tf.slice(rowsMoved, [0, window - 1 - j, 0, j], [-1, 1, -1, width])
    const moved = tf.reshape<tf.Rank.R4>(tf.concat(offsets.map(inColumn), 1), [batch, channels, height, width])
    return tf.transpose(moved, [0, 2, 3, 1])
  })
}
