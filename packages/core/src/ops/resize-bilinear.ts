import { PixelwiseError } from '@pixelwise/masks/shared'
import * as tf from '@tensorflow/tfjs-core'
import { checkRank, checkWhole } from './checks.js'
import type { Pair } from './window.js'
import { withGradient } from './with-gradient.js'

/** How the cells of two grids correspond along an axis of `input` and `output` cells. */
export type ResizeConvention =
  /** Both grids cover the same area: centre (i + ½)·input/output − ½, moved into the map at the border. */
  | 'half-pixel'
  /** The first cells coincide: i·input/output (TensorFlow 1, Caffe-style pyramids). */
  | 'asymmetric'
  /** The first and the last cells coincide: i·(input − 1)/(output − 1), or 0 for a single output cell. */
  | 'align-corners'

const conventions: readonly ResizeConvention[] = ['half-pixel', 'asymmetric', 'align-corners']

/**
 * Bilinear interpolation to any size, in the three conventions in use, with the exact gradient in each.
 *
 * tfjs's own gradient ignores half-pixel centres; here it is the transpose of the interpolation, rows and columns one
 * after the other. At the border the nearest cells are repeated (half-pixel: as PyTorch with align_corners=False).
 * Shrinking does not average: cells between the samples are left out, as in the frameworks.
 *
 * Shapes: x `[N, H, W, C]` → `[N, height, width, C]` float32. The caller disposes the result.
 * Throws `resizeBilinear/wrong-rank`, `/bad-option`.
 */
export function resizeBilinear(
  x: tf.Tensor4D,
  size: Pair,
  { convention }: { readonly convention: ResizeConvention },
): tf.Tensor4D {
  checkRank('resizeBilinear', 'x', x, 'N, H, W, C')
  checkWhole('resizeBilinear', 'size', size, 1)
  checkConvention(convention)
  const shape = x.shape
  return withGradient(
    [x],
    [],
    () => tf.image.resizeBilinear(x, [...size], convention === 'align-corners', convention === 'half-pixel'),
    (dy) => [transposedResize(dy, shape, convention)],
  )
}

/**
 * The gradient, `[N, h, w, C]` → `[N, H, W, C]`: the transposed weights of the columns, then of the rows. The axis that
 * changes is brought to the front, so that each is one large matrix product.
 */
function transposedResize(dy: tf.Tensor4D, shape: readonly number[], convention: ResizeConvention): tf.Tensor4D {
  const [batch, height, width, channels] = shape
  const [, rows, columns] = dy.shape
  const byColumn = tf.matMul(
    interpolationMatrix(width, columns, convention),
    asMatrix(tf.transpose(dy, [2, 0, 1, 3])), // columns, N, rows, C
  )
  const wide = tf.reshape(byColumn, [width, batch, rows, channels])
  const byRow = tf.matMul(
    interpolationMatrix(height, rows, convention),
    asMatrix(tf.transpose(wide, [2, 1, 0, 3])), // rows, N, columns, C
  )
  return tf.transpose(tf.reshape(byRow, [height, batch, width, channels]), [1, 0, 2, 3])
}

function asMatrix(x: tf.Tensor): tf.Tensor2D {
  return tf.reshape(x, [x.shape[0], x.size / x.shape[0]])
}

/** `[input, output]`: the weight of each input cell in each output cell. */
function interpolationMatrix(input: number, output: number, convention: ResizeConvention): tf.Tensor2D {
  const weights = new Float32Array(input * output)
  for (let i = 0; i < output; i++) {
    const position = Math.min(Math.max(sourcePosition(i, input, output, convention), 0), input - 1)
    const low = Math.floor(position)
    const high = Math.min(low + 1, input - 1)
    weights[low * output + i] += 1 - (position - low)
    weights[high * output + i] += position - low
  }
  return tf.tensor2d(weights, [input, output])
}

function sourcePosition(i: number, input: number, output: number, convention: ResizeConvention): number {
  switch (convention) {
    case 'half-pixel':
      return ((i + 0.5) * input) / output - 0.5
    case 'asymmetric':
      return (i * input) / output
    case 'align-corners':
      return output === 1 ? 0 : (i * (input - 1)) / (output - 1)
  }
}

function checkConvention(convention: ResizeConvention): void {
  if (conventions.includes(convention)) return
  throw new PixelwiseError('resizeBilinear/bad-option', {
    what: `resizeBilinear: convention "${convention}"`,
    rule: `expected ${conventions.map((name) => `"${name}"`).join(', ')}`,
    next: 'take the one that the net was trained with (PyTorch: half-pixel)',
  })
}
