import * as tf from '@tensorflow/tfjs-core'
import { type Pair, padMaps } from './window.js'
import { withGradient } from './with-gradient.js'

/**
 * Convolution of stride 1 without padding whose filter taps lie `dilation` apart, with the gradient that tfjs lacks.
 *
 * The input gradient is again a dilated convolution, of the output gradient with the filter turned around. For the
 * filter gradient the cells of one phase modulo the dilation become a map of their own (space to batch), on which the
 * filter is an ordinary one: no multiplication by inserted zeros.
 *
 * Shapes: x `[N, H, W, Cin]`, filter `[kh, kw, Cin, Cout]` → `[N, H − d(kh − 1), W − d(kw − 1), Cout]` float32.
 */
export function dilatedConvolution(x: tf.Tensor4D, filter: tf.Tensor4D, dilation: Pair): tf.Tensor4D {
  return withGradient(
    [x, filter],
    [x, filter],
    () => forward(x, filter, dilation),
    (dy, [input, weights]) => [inputGradient(dy, weights, dilation), filterGradient(input, dy, weights, dilation)],
  )
}

/** The filter with `dilation − 1` zeros between its taps: `[d(kh − 1) + 1, d(kw − 1) + 1, Cin, Cout]`. */
export function upsampleFilter(filter: tf.Tensor4D, [rows, columns]: Pair): tf.Tensor4D {
  const [height, width, channelsIn, channelsOut] = filter.shape
  const rowMajor: tf.Tensor3D = tf.reshape(filter, [height, 1, width * channelsIn * channelsOut])
  const tall = tf.reshape(zerosAfter(rowMajor, rows - 1), [height * rows * width, 1, channelsIn * channelsOut])
  const wide = tf.reshape(zerosAfter(tall as tf.Tensor3D, columns - 1), [
    height * rows,
    width * columns,
    channelsIn,
    channelsOut,
  ])
  const size: Pair = [(height - 1) * rows + 1, (width - 1) * columns + 1]
  return tf.slice(wide as tf.Tensor4D, [0, 0, 0, 0], [...size, -1, -1])
}

function zerosAfter(x: tf.Tensor3D, count: number): tf.Tensor3D {
  return tf.pad(x, [
    [0, 0],
    [0, count],
    [0, 0],
  ])
}

function forward(x: tf.Tensor4D, filter: tf.Tensor4D, [rows, columns]: Pair): tf.Tensor4D {
  return tf.conv2d(x, filter, 1, 'valid', 'NHWC', [rows, columns])
}

function inputGradient(dy: tf.Tensor4D, filter: tf.Tensor4D, dilation: Pair): tf.Tensor4D {
  const vertical = dilation[0] * (filter.shape[0] - 1)
  const horizontal = dilation[1] * (filter.shape[1] - 1)
  const around = padMaps(dy, { top: vertical, bottom: vertical, left: horizontal, right: horizontal })
  return forward(around, tf.transpose(tf.reverse(filter, [0, 1]), [0, 1, 3, 2]), dilation)
}

function filterGradient(x: tf.Tensor4D, dy: tf.Tensor4D, filter: tf.Tensor4D, dilation: Pair): tf.Tensor4D {
  const below = missing(dy.shape[1], dilation[0])
  const right = missing(dy.shape[2], dilation[1])
  const [height, width] = filter.shape
  // Output cells that do not exist have gradient 0, so completing both maps to whole phases changes nothing.
  const overhang = { top: 0, bottom: below, left: 0, right }
  const phasesOfInput = phasesToBatch(padMaps(x, overhang), dilation)
  const phasesOfGradient = phasesToBatch(padMaps(dy, overhang), dilation)
  return tf.engine().runKernel(
    tf.Conv2DBackpropFilter,
    { x: phasesOfInput, dy: phasesOfGradient },
    {
      strides: [1, 1],
      pad: 'valid',
      dataFormat: 'NHWC',
      filterShape: [height, width, filter.shape[2], filter.shape[3]],
    },
  )
}

/** `[N, dH, eW, C]` → `[d·e·N, H, W, C]`: the cells of equal row modulo d and column modulo e become one map. */
function phasesToBatch(x: tf.Tensor4D, [rows, columns]: Pair): tf.Tensor4D {
  const [batch, height, width, channels] = x.shape
  const h = height / rows
  const w = width / columns
  const byRow = tf.transpose(tf.reshape(x, [batch, h, rows, width * channels]), [2, 0, 1, 3])
  const byColumn = tf.transpose(tf.reshape(byRow, [rows * batch * h, w, columns, channels]), [2, 0, 1, 3])
  return tf.reshape(byColumn, [columns * rows * batch, h, w, channels])
}

/** How many cells complete a size to a multiple of the step. */
function missing(size: number, step: number): number {
  return (step - (size % step)) % step
}
