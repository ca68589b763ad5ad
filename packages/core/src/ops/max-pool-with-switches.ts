import { PixelwiseError } from '@pixelwise/masks/shared'
import * as tf from '@tensorflow/tfjs-core'
import { checkRank, checkWhole, shapeText } from './checks.js'
import { maxPool, type PoolingOptions, type PoolingWindows, poolingWindows } from './pooling.js'
import { type Pair, padMaps } from './window.js'
import { withGradient } from './with-gradient.js'

/** Pooled maps and where their values came from. */
export interface PooledWithSwitches {
  /** `[N, h, w, C]` float32. */
  readonly values: tf.Tensor4D
  /** `[N, h, w, C]` int32: position row·W + column of each value in its own map of the input. */
  readonly switches: tf.Tensor4D
}

/**
 * Max pooling that remembers which cell won each window: the first maximum in row-major order.
 *
 * Values and gradient are those of {@link maxPool}; the switches are constants to the gradient. The caller disposes
 * both results.
 * Throws `maxPoolWithSwitches/wrong-rank`, `/bad-option`, `/pad-too-large`, `/empty-output`.
 * Source: Zeiler and Fergus 2014, §2.1; the second top of Caffe's Pooling layer.
 */
export function maxPoolWithSwitches(x: tf.Tensor4D, options: PoolingOptions): PooledWithSwitches {
  const windows = poolingWindows('maxPoolWithSwitches', x, options)
  const values = maxPool(x, options)
  return { values, switches: tf.tidy(() => findSwitches(x, values, windows)) }
}

/**
 * Puts pooled values back to the cells they came from; all other cells are 0.
 *
 * Where overlapping windows chose the same cell their values add up, which makes the gradient the exact reverse: each
 * value takes the gradient of the cell that it went to.
 *
 * Shapes: values and switches `[N, h, w, C]` (float32, int32), size `[H, W]` → `[N, H, W, C]` float32. The caller
 * disposes the result. Throws `maxUnpool/wrong-rank`, `/bad-option`, `/shape-mismatch`. A switch outside
 * `0..H·W − 1` puts NaN into cell 0 of its map, as nothing is read back here.
 * Source: Zeiler and Fergus 2014, §2.1; Noh et al. 2015, §3.2 (whose code keeps one of several values instead).
 */
export function maxUnpool(values: tf.Tensor4D, switches: tf.Tensor4D, [height, width]: Pair): tf.Tensor4D {
  checkRank('maxUnpool', 'values', values, 'N, H, W, C')
  checkWhole('maxUnpool', 'size', [height, width], 1)
  if (shapeText(values.shape) !== shapeText(switches.shape)) {
    throw new PixelwiseError('maxUnpool/shape-mismatch', {
      what: `maxUnpool: switches ${shapeText(switches.shape)} for values ${shapeText(values.shape)}`,
      rule: 'every value needs its switch, so both must have the same shape',
      next: 'pass the switches of the pooling that this unpooling mirrors',
    })
  }
  const [batch, , , channels] = values.shape
  return tf.tidy(() => {
    const inside = tf.logicalAnd(tf.greaterEqual(switches, 0), tf.less(switches, height * width))
    const cells = flatCells(tf.mul(switches, tf.cast(inside, 'int32')), height * width)
    return withGradient(
      [values],
      [cells],
      () => {
        const placed = tf.where(inside, values, tf.fill(values.shape, Number.NaN))
        const unpooled = tf.scatterND(tf.expandDims(cells, 1), flat(placed), [batch * height * width * channels])
        return tf.reshape<tf.Rank.R4>(unpooled, [batch, height, width, channels])
      },
      (dy, [places]) => [tf.reshape(tf.gather(flat(dy), places), values.shape)],
    )
  })
}

/** Tap by tap from the last to the first, the place of the tap that equals the maximum, counted from the window's corner. */
function findSwitches(
  x: tf.Tensor4D,
  values: tf.Tensor4D,
  { window, stride, sides, output }: PoolingWindows,
): tf.Tensor4D {
  const [, height, width] = x.shape
  // Float32 sums broadcast fastest and count exactly to 2^24.
  const type = height * width < 2 ** 24 ? 'float32' : 'int32'
  const roomForTaps = { ...sides, bottom: sides.bottom + stride[0], right: sides.right + stride[1] }
  const padded = padMaps(x, roomForTaps, Number.NEGATIVE_INFINITY)
  let place: tf.Tensor = tf.zeros(values.shape, type)
  for (let row = window[0] - 1; row >= 0; row--) {
    for (let column = window[1] - 1; column >= 0; column--) {
      const won = tf.equal(tapOfWindows(padded, [row, column], stride, output), values)
      place = tf.where(won, tf.fill(values.shape, row * width + column, type), place)
    }
  }
  const corners = Array.from({ length: output[0] * output[1] }, (_, cell) => {
    const top = Math.floor(cell / output[1]) * stride[0] - sides.top
    return top * width + (cell % output[1]) * stride[1] - sides.left
  })
  return tf.cast(tf.add(place, tf.tensor(corners, [1, output[0], output[1], 1], type)), 'int32')
}

/** The cell at `[row, column]` of every window: `[N, h, w, C]`. The map must reach a stride beyond the last window. */
function tapOfWindows(x: tf.Tensor4D, [row, column]: Pair, stride: Pair, [h, w]: Pair): tf.Tensor4D {
  const [batch, , width, channels] = x.shape
  const rows = tf.slice(x, [0, row, 0, 0], [-1, h * stride[0], -1, -1])
  const everyRow = tf.slice(tf.reshape(rows, [batch * h, stride[0], width, channels]), 0, [-1, 1, -1, -1])
  const columns = tf.slice(everyRow, [0, 0, column, 0], [-1, -1, w * stride[1], -1])
  const everyColumn = tf.slice(tf.reshape(columns, [batch * h * w, stride[1], channels]), 0, [-1, 1, -1])
  return tf.reshape(everyColumn, [batch, h, w, channels])
}

/** Positions in the whole flattened `[N, H, W, C]` output: `[N·h·w·C]` int32. */
function flatCells(switches: tf.Tensor4D, plane: number): tf.Tensor1D {
  const [batch, , , channels] = switches.shape
  const channel = tf.range(0, channels, 1, 'int32')
  const inImage = tf.add(tf.mul(switches, tf.scalar(channels, 'int32')), channel)
  const images = tf.split(inImage, batch, 0)
  return flat(
    tf.concat(
      images.map((image, i) => tf.add(image, tf.scalar(i * plane * channels, 'int32'))),
      0,
    ),
  )
}

function flat(x: tf.Tensor): tf.Tensor1D {
  return tf.reshape(x, [x.size])
}
