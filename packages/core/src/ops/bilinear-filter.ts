import { PixelwiseError } from '@pixelwise/masks/shared'
import * as tf from '@tensorflow/tfjs-core'
import { checkRank, checkWhole } from './checks.js'
import { withGradient } from './with-gradient.js'

/**
 * The weights of linear interpolation as a filter: w(i) = max(0, 1 − |i − (size − 1) / 2| / factor).
 *
 * Laid down every `factor` cells by a transposed convolution it interpolates linearly; the weights sum to `factor`.
 * Without a factor it is ⌊(size + 1) / 2⌋: size 4 → .25 .75 .75 .25.
 * Throws `bilinearFilter/bad-option`.
 * Source: Long 2016, §3.2.3; the FCN reference code's `upsample_filt`; Caffe's bilinear filler.
 */
export function bilinearFilter1d(size: number, factor: number = Math.floor((size + 1) / 2)): Float32Array {
  checkWhole('bilinearFilter', 'size', size, 1)
  if (!(factor > 0)) {
    throw new PixelwiseError('bilinearFilter/bad-option', {
      what: `bilinearFilter: factor ${factor}`,
      rule: 'expected a number above 0',
      next: 'pass the upsampling factor, or leave it out to take it from the size',
    })
  }
  const centre = (size - 1) / 2
  return Float32Array.from({ length: size }, (_, i) => Math.max(0, 1 - Math.abs(i - centre) / factor))
}

/**
 * A filter for {@link transposedConvolution} that upsamples each channel bilinearly into the channel of the same number.
 *
 * `channelsIn` equal to `channelsOut` gives the diagonal filter of FCN surgery; `channelsOut` 1 gives the filter of one
 * group per channel. Shape: `[size, size, channelsOut, channelsIn]` float32. The caller disposes the result.
 * Throws `bilinearFilter/bad-option`, and `bilinearFilter/not-diagonal` for other channel counts.
 * Source: the FCN reference code's `surgery.interp`.
 */
export function bilinearFilter(size: number, channelsIn: number, channelsOut: number, factor?: number): tf.Tensor4D {
  checkWhole('bilinearFilter', 'channels', [channelsIn, channelsOut], 1)
  if (channelsOut !== channelsIn && channelsOut !== 1) {
    throw new PixelwiseError('bilinearFilter/not-diagonal', {
      what: `bilinearFilter: ${channelsIn} channels in, ${channelsOut} out`,
      rule: 'interpolation keeps channels apart: channelsOut must be channelsIn, or 1 for one group per channel',
      next: 'interpolate first and change the number of channels with a 1×1 convolution',
    })
  }
  const weights = bilinearFilter1d(size, factor)
  const filter = new Float32Array(size * size * channelsOut * channelsIn)
  for (let cell = 0; cell < size * size; cell++) {
    const weight = weights[Math.floor(cell / size)] * weights[cell % size]
    for (let input = 0; input < channelsIn; input++) {
      const output = channelsOut === 1 ? 0 : input
      filter[(cell * channelsOut + output) * channelsIn + input] = weight
    }
  }
  return tf.tensor4d(filter, [size, size, channelsOut, channelsIn])
}

/**
 * Upsamples every channel by a whole factor with a bilinear filter, as a transposed convolution of one group per
 * channel would, at the cost of a few additions per output value.
 *
 * The filter is separable and its taps fall into `factor` phases: rows first, then columns, each phase a weighted sum
 * of neighbouring cells. The gradient goes back the same way, columns first.
 *
 * Shapes: x `[N, H, W, C]` → `[N, factor·(H − 1) + size, factor·(W − 1) + size, C]` float32, uncropped. `size` is the
 * filter's, 2·factor − factor mod 2 by default. The caller disposes the result.
 * Throws `bilinearUpsample/wrong-rank`, `/bad-option`.
 * Source: Long 2016, §3.2.3.
 */
export function bilinearUpsample(
  x: tf.Tensor4D,
  factor: number,
  { size = 2 * factor - (factor % 2) }: { readonly size?: number } = {},
): tf.Tensor4D {
  checkRank('bilinearUpsample', 'x', x, 'N, H, W, C')
  checkWhole('bilinearUpsample', 'factor', factor, 1)
  checkWhole('bilinearUpsample', 'size', size, 1)
  const weights = bilinearFilter1d(size)
  const [batch, height, width, channels] = x.shape
  const rows = factor * (height - 1) + size
  const columns = factor * (width - 1) + size
  return withGradient(
    [x],
    [],
    (): tf.Tensor4D => {
      const tall = upsampleAxis(tf.reshape(x, [batch, height, 1, width * channels]), factor, weights)
      const wide = upsampleAxis(tf.reshape(tall, [batch * rows, width, 1, channels]), factor, weights)
      return tf.reshape(wide, [batch, rows, columns, channels])
    },
    (dy) => {
      const narrow = gradientAlongAxis(tf.reshape(dy, [batch * rows, columns, channels]), width, factor, weights)
      const low = gradientAlongAxis(tf.reshape(narrow, [batch, rows, width * channels]), height, factor, weights)
      return [tf.reshape(low, [batch, height, width, channels])]
    },
  )
}

/** `[B, L, 1, M]` → `[B, factor·(L − 1) + size, M]`: phase r of the output sums the taps r, r + factor, … of the filter. */
function upsampleAxis(x: tf.Tensor4D, factor: number, weights: Float32Array): tf.Tensor3D {
  const [batch, length, , inner] = x.shape
  const taps = Math.ceil(weights.length / factor)
  const padded = tf.pad(x, [
    [0, 0],
    [taps - 1, taps - 1],
    [0, 0],
    [0, 0],
  ])
  const cells = length + taps - 1
  const terms = Array.from({ length: taps }, (_, tap) => {
    const phase = Float32Array.from({ length: factor }, (_, r) => weights[tap * factor + r] ?? 0)
    const shifted = tf.slice(padded, [0, taps - 1 - tap, 0, 0], [-1, cells, -1, -1])
    return tf.mul<tf.Tensor4D>(shifted, tf.tensor4d(phase, [1, 1, factor, 1]))
  })
  const phases = terms.reduce((sum, term) => tf.add(sum, term))
  const interleaved: tf.Tensor3D = tf.reshape(phases, [batch, cells * factor, inner])
  return tf.slice(interleaved, [0, 0, 0], [-1, factor * (length - 1) + weights.length, -1])
}

/** The transpose of {@link upsampleAxis}, `[B, factor·(L − 1) + size, M]` → `[B, L, M]`: a cell gathers what its taps gave. */
function gradientAlongAxis(dy: tf.Tensor3D, length: number, factor: number, weights: Float32Array): tf.Tensor3D {
  const [batch, size, inner] = dy.shape
  const taps = Math.ceil(weights.length / factor)
  const cells = length + taps - 1
  const missing = cells * factor - size
  const padded = missing === 0 ? dy : tf.concat([dy, tf.zeros<tf.Rank.R3>([batch, missing, inner])], 1)
  const phases: tf.Tensor3D = tf.reshape(padded, [batch * cells, factor, inner])
  const byTap = Float32Array.from({ length: taps * factor }, (_, i) => weights[i] ?? 0)
  const products = tf.matMul(tf.tensor3d(byTap, [1, taps, factor]), phases)
  const gathered: tf.Tensor4D = tf.reshape(products, [batch, cells, taps, inner])
  const terms = Array.from({ length: taps }, (_, tap) => tf.slice(gathered, [0, tap, tap, 0], [-1, length, 1, -1]))
  const sum = terms.reduce((total, term) => tf.add(total, term))
  return tf.reshape(sum, [batch, length, inner])
}
