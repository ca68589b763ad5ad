import { PixelwiseError } from '@pixelwise/masks/shared'
import * as tf from '@tensorflow/tfjs-core'
import type { PerAxis } from '../geometry/spatial-map.js'
import { checkGroups, checkRank, checkWhole, shapeText } from './checks.js'
import { dilatedConvolution, upsampleFilter } from './dilated-convolution.js'
import { checkOutput, dilatedSize, type Pad, type Pair, padMaps, pair, type Sides, sidesOf } from './window.js'

/** How a filter slides over its input; cells of the input throughout. */
export interface ConvolutionOptions {
  /** Distance between neighbouring windows; 1 by default. */
  readonly stride?: PerAxis
  /** Zeros added around the input; none by default. */
  readonly pad?: Pad
  /** Distance between neighbouring taps of the filter; 1 by default. */
  readonly dilation?: PerAxis
  /** Channels are cut into this many groups, each with its own part of the filter; 1 by default. */
  readonly groups?: number
}

/**
 * Two-dimensional convolution (cross-correlation) with every option at once, and exact gradients for all of them.
 *
 * tfjs has no gradient for dilation and refuses dilation together with stride; here every combination works on every
 * backend: stride 1 with dilation has its own gradient, dilation with stride widens the filter with zeros.
 *
 * Shapes: x `[N, H, W, Cin]`, filter `[kh, kw, Cin / groups, Cout]` → `[N, h, w, Cout]` float32 with
 * h = ⌊(H + top + bottom − dilation·(kh − 1) − 1) / stride⌋ + 1. The caller disposes the result.
 * Throws `convolution/wrong-rank`, `/bad-option`, `/channels-not-divisible`, `/channel-mismatch`, `/empty-output`.
 * Source: Caffe's Convolution layer.
 */
export function convolution(x: tf.Tensor4D, filter: tf.Tensor4D, options: ConvolutionOptions = {}): tf.Tensor4D {
  const { stride = 1, pad = 0, dilation = 1, groups = 1 } = options
  checkWhole('convolution', 'stride', stride, 1)
  checkWhole('convolution', 'dilation', dilation, 1)
  const sides = sidesOf('convolution', pad)
  checkChannels(x, filter, groups)
  const geometry = { stride: pair(stride), dilation: effectiveDilation(filter, pair(dilation)), sides }
  checkFits(x, filter, geometry)
  return tf.tidy(() => {
    if (groups === 1) return dense(x, filter, geometry)
    if (filter.shape[2] === 1) return depthwise(x, filter, geometry)
    const inputs = tf.split(x, groups, 3)
    const filters = tf.split(filter, groups, 3)
    const outputs = inputs.map((input, group) => dense(input as tf.Tensor4D, filters[group] as tf.Tensor4D, geometry))
    return tf.concat(outputs, 3)
  })
}

interface Geometry {
  readonly stride: Pair
  readonly dilation: Pair
  readonly sides: Sides
}

function dense(x: tf.Tensor4D, filter: tf.Tensor4D, { stride, dilation, sides }: Geometry): tf.Tensor4D {
  const dilated = !isOne(dilation)
  if (dilated && isOne(stride)) return dilatedConvolution(padMaps(x, sides), filter, dilation)
  const wide = dilated ? upsampleFilter(filter, dilation) : filter
  if (isOne(stride) && keepsSize(wide, sides)) return tf.conv2d(x, wide, 1, 'same')
  return tf.conv2d(padMaps(x, sides), wide, [...stride], 'valid')
}

/** One input channel per group. Strides that differ are taken from stride 1, as native depthwise kernels want them equal. */
function depthwise(x: tf.Tensor4D, filter: tf.Tensor4D, { stride, dilation, sides }: Geometry): tf.Tensor4D {
  const wide = isOne(dilation) ? filter : upsampleFilter(filter, dilation)
  const [height, width] = wide.shape
  const channels = x.shape[3]
  const perChannel: tf.Tensor4D = tf.reshape(wide, [height, width, channels, wide.shape[3] / channels])
  const padded = padMaps(x, sides)
  if (stride[0] === stride[1]) return tf.depthwiseConv2d(padded, perChannel, [...stride], 'valid')
  return everyNth(tf.depthwiseConv2d(padded, perChannel, 1, 'valid'), stride)
}

/** Every n-th row and column, by operations that have gradients on every backend. */
function everyNth(x: tf.Tensor4D, [rows, columns]: Pair): tf.Tensor4D {
  const [batch, height, width, channels] = x.shape
  const h = Math.ceil(height / rows)
  const w = Math.ceil(width / columns)
  const full = padMaps(x, { top: 0, bottom: h * rows - height, left: 0, right: w * columns - width })
  const byRow: tf.Tensor4D = tf.reshape(full, [batch * h, rows, w * columns, channels])
  const fewerRows = tf.slice(byRow, [0, 0, 0, 0], [-1, 1, -1, -1])
  const byColumn: tf.Tensor4D = tf.reshape(fewerRows, [batch * h * w, columns, 1, channels])
  return tf.reshape(tf.slice(byColumn, [0, 0, 0, 0], [-1, 1, -1, -1]), [batch, h, w, channels])
}

/** Stride 1, odd filter, padding of half the filter: the case that every backend pads by itself, without a copy. */
function keepsSize(filter: tf.Tensor4D, { top, bottom, left, right }: Sides): boolean {
  const [height, width] = filter.shape
  return top === bottom && left === right && height === 2 * top + 1 && width === 2 * left + 1
}

function isOne([rows, columns]: Pair): boolean {
  return rows === 1 && columns === 1
}

/** A single tap has no neighbours, whatever their distance. */
function effectiveDilation(filter: tf.Tensor4D, [rows, columns]: Pair): Pair {
  return [filter.shape[0] === 1 ? 1 : rows, filter.shape[1] === 1 ? 1 : columns]
}

function checkChannels(x: tf.Tensor4D, filter: tf.Tensor4D, groups: number): void {
  checkRank('convolution', 'x', x, 'N, H, W, C')
  checkRank('convolution', 'filter', filter, 'rows, columns, Cin / groups, Cout')
  checkGroups('convolution', 'input channels', x.shape[3], groups)
  checkGroups('convolution', 'output channels', filter.shape[3], groups)
  if (filter.shape[2] * groups === x.shape[3]) return
  throw new PixelwiseError('convolution/channel-mismatch', {
    what: `convolution: filter ${shapeText(filter.shape)} in ${groups} group${groups === 1 ? '' : 's'} on x ${shapeText(x.shape)}`,
    rule: `the filter's third size must be the input channels per group, ${x.shape[3] / groups}`,
    next: 'order the filter as [rows, columns, Cin / groups, Cout]',
  })
}

function checkFits(x: tf.Tensor4D, filter: tf.Tensor4D, { stride, dilation, sides }: Geometry): void {
  const padded: Pair = [x.shape[1] + sides.top + sides.bottom, x.shape[2] + sides.left + sides.right]
  const window: Pair = [dilatedSize(filter.shape[0], dilation[0]), dilatedSize(filter.shape[1], dilation[1])]
  const output = [0, 1].map((axis) => Math.floor((padded[axis] - window[axis]) / stride[axis]) + 1)
  checkOutput('convolution', [output[0], output[1]], padded, window)
}
