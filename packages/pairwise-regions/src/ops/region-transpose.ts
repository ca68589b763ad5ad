import { withGradient } from '@pixelwise/core'
import * as tf from '@tensorflow/tfjs-core'
import { type TransposeShape, transposeInto } from '../algebra/region-transpose.js'
import { arrayKernel } from './array-kernel.js'
import { offsetsOf } from './pair-channels.js'

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
 * over the numbers; elsewhere, and while tracing, a dozen padded reshapes of ranks up to 5.
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
  if (!kernel.supported()) return transposeBySkewing(p, origin, fill)
  const [result] = kernel.run([p], [p.shape], { shape: p.shape, window, origin, fill })
  return result as tf.Tensor4D
}

/**
 * The region transpose out of reshapes, for backends without a kernel of their own.
 *
 * Turning the channels around reverses both axes of the window. What remains is, in each axis, to move the plane of
 * offset i by i − origin cells: with the planes padded to a length of L = cells + R − 1 and laid end to end, reading them
 * in lines of L + 1 moves each by one cell more than the last, as i·L + c + i = i·(L + 1) + c.
 */
export function transposeBySkewing(p: tf.Tensor4D, origin: number, fill: number): tf.Tensor4D {
  const [batch, height, width, channels] = p.shape
  const window = Math.sqrt(channels)
  return tf.tidy(() => {
    const reversed = tf.reshape(tf.reverse(p, 3), [batch, height, width, window, window])
    const byRowOffset = tf.reshape<tf.Rank.R4>(tf.transpose(reversed, [0, 3, 1, 2, 4]), [
      batch,
      window,
      height,
      width * window,
    ])
    const rowsMoved = tf.reshape(skew(byRowOffset, origin, fill), [batch * window * height, width, window])
    const byColumnOffset = tf.reshape<tf.Rank.R4>(tf.transpose(rowsMoved, [0, 2, 1]), [
      batch * window * height,
      window,
      width,
      1,
    ])
    const moved = tf.reshape(skew(byColumnOffset, origin, fill), [batch, window, height, window, width])
    return tf.reshape(tf.transpose(moved, [0, 2, 4, 1, 3]), p.shape)
  })
}

/** `[N, R, cells, rest]`: moves plane i by i − origin cells, so that cell c shows what stood at c + i − origin. */
function skew(planes: tf.Tensor4D, origin: number, fill: number): tf.Tensor4D {
  const [batch, window, cells, rest] = planes.shape
  const length = cells + window - 1
  const padded = tf.pad(
    planes,
    [
      [0, 0],
      [0, 0],
      [origin, window - 1 - origin],
      [0, 0],
    ],
    fill,
  )
  const inLine = tf.reshape(padded, [batch, window * length, rest])
  const longer = tf.pad(inLine, [
    [0, 0],
    [0, window],
    [0, 0],
  ])
  const lines = tf.reshape<tf.Rank.R4>(longer, [batch, window, length + 1, rest])
  return tf.slice(lines, [0, 0, 0, 0], [-1, -1, cells, -1])
}
