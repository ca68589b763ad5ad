import { PixelwiseError } from '@pixelwise/masks/shared'
import * as tf from '@tensorflow/tfjs-core'
import type { PerAxis } from '../geometry/spatial-map.js'
import { checkGroups, checkRank, checkWhole, shapeText } from './checks.js'
import { type ConvolutionOptions, convolution } from './convolution.js'
import { upsampleFilter } from './dilated-convolution.js'
import { dilatedSize, type Pair, pair, type Sides, sidesOf } from './window.js'

/** How a filter is laid down; stride, pad and dilation in cells of the output. */
export type TransposedConvolutionOptions = ConvolutionOptions

/**
 * Transposed convolution (Caffe's Deconvolution): every input cell lays the filter, weighted, `stride` cells further on.
 *
 * Computed by phases: the output cells of equal row and column modulo the stride form an ordinary convolution of the
 * input with every stride-th tap, and the stride² phases are the channels of one small convolution of stride 1, then
 * interleaved. A 64×64 filter of stride 32 becomes a 2×2 convolution: no inserted zeros, no scattered sums, and every
 * backend has the gradients.
 *
 * Shapes: x `[N, H, W, Cin]`, filter `[kh, kw, Cout / groups, Cin]` → `[N, h, w, Cout]` float32 with
 * h = stride·(H − 1) + dilation·(kh − 1) + 1 − top − bottom. The caller disposes the result.
 * Throws `transposedConvolution/wrong-rank`, `/bad-option`, `/channels-not-divisible`, `/channel-mismatch`,
 * `/empty-output`.
 * Source: Caffe's Deconvolution layer; Long 2016, §3.2.3 (upsampling is backwards strided convolution).
 */
export function transposedConvolution(
  x: tf.Tensor4D,
  filter: tf.Tensor4D,
  options: TransposedConvolutionOptions = {},
): tf.Tensor4D {
  const { stride = 1, pad = 0, dilation = 1, groups = 1 } = options
  checkWhole('transposedConvolution', 'stride', stride, 1)
  checkWhole('transposedConvolution', 'dilation', dilation, 1)
  const sides = sidesOf('transposedConvolution', pad)
  checkChannels(x, filter, groups)
  const output = outputSize(x, filter, pair(stride), pair(dilation), sides)
  return tf.tidy(() => {
    const full = isOne(stride)
      ? everyTap(x, filter, dilation, groups)
      : byPhases(x, isOne(dilation) ? filter : upsampleFilter(filter, pair(dilation)), pair(stride), groups)
    return tf.slice(full, [0, sides.top, sides.left, 0], [-1, ...output, -1])
  })
}

/** Stride 1: a convolution with the filter turned around, padded so that every overlap counts. */
function everyTap(x: tf.Tensor4D, filter: tf.Tensor4D, dilation: PerAxis, groups: number): tf.Tensor4D {
  const [rows, columns] = pair(dilation)
  const pad: Pair = [rows * (filter.shape[0] - 1), columns * (filter.shape[1] - 1)]
  return convolution(x, inputMajor(tf.reverse(filter, [0, 1]), groups), { pad, dilation, groups })
}

/** Stride s: the phases as channels of a stride-1 convolution with ⌈k / s⌉ taps, then interleaved. */
function byPhases(x: tf.Tensor4D, filter: tf.Tensor4D, [rows, columns]: Pair, groups: number): tf.Tensor4D {
  const taps: Pair = [Math.ceil(filter.shape[0] / rows), Math.ceil(filter.shape[1] / columns)]
  const phases = convolution(x, phaseFilter(filter, [rows, columns], taps, groups), {
    pad: [taps[0] - 1, taps[1] - 1],
    groups,
  })
  return interleave(phases, [rows, columns], filter.shape[2], groups)
}

/** `[kh, kw, Cout / groups, Cin]` → `[⌈kh / s⌉, ⌈kw / t⌉, Cin / groups, groups·s·t·Cout / groups]`, taps turned around. */
function phaseFilter(filter: tf.Tensor4D, [rows, columns]: Pair, taps: Pair, groups: number): tf.Tensor4D {
  const [height, width, channelsOut, channelsIn] = filter.shape
  const complete = tf.pad(filter, [
    [0, taps[0] * rows - height],
    [0, taps[1] * columns - width],
    [0, 0],
    [0, 0],
  ])
  const inner = columns * channelsOut * channelsIn
  const tapMajor = tf.transpose(tf.reshape(complete, [taps[0], rows, taps[1], inner]), [0, 2, 1, 3])
  const turned = tf.reverse(tapMajor, [0, 1])
  const perInput = tf.reshape(turned, [taps[0], taps[1], rows * columns * channelsOut, channelsIn])
  return inputMajor(perInput as tf.Tensor4D, groups)
}

/** `[kh, kw, M, Cin]` → `[kh, kw, Cin / groups, groups·M]`, the layout of a convolution's filter. */
function inputMajor(filter: tf.Tensor4D, groups: number): tf.Tensor4D {
  const [height, width, outputs, channelsIn] = filter.shape
  const grouped = tf.reshape(filter, [height * width, outputs, groups, channelsIn / groups])
  const turned = tf.transpose(grouped, [0, 3, 2, 1])
  return tf.reshape(turned, [height, width, channelsIn / groups, groups * outputs])
}

/** `[N, H, W, groups·s·t·C]` → `[N, sH, tW, groups·C]`. */
function interleave(phases: tf.Tensor4D, [rows, columns]: Pair, channels: number, groups: number): tf.Tensor4D {
  const [batch, height, width] = phases.shape
  const byGroup = tf.reshape(phases, [batch * height * width, groups, rows * columns, channels])
  const byPhase = groups === 1 ? phases : tf.transpose(byGroup, [0, 2, 1, 3])
  const cells = tf.reshape(byPhase, [batch * height, width, rows, columns * groups * channels])
  return tf.reshape(tf.transpose(cells, [0, 2, 1, 3]), [batch, height * rows, width * columns, groups * channels])
}

function isOne(value: PerAxis): boolean {
  const [rows, columns] = pair(value)
  return rows === 1 && columns === 1
}

function outputSize(x: tf.Tensor4D, filter: tf.Tensor4D, stride: Pair, dilation: Pair, sides: Sides): Pair {
  const window: Pair = [dilatedSize(filter.shape[0], dilation[0]), dilatedSize(filter.shape[1], dilation[1])]
  const full: Pair = [stride[0] * (x.shape[1] - 1) + window[0], stride[1] * (x.shape[2] - 1) + window[1]]
  const output: Pair = [full[0] - sides.top - sides.bottom, full[1] - sides.left - sides.right]
  if (output[0] > 0 && output[1] > 0) return output
  throw new PixelwiseError('transposedConvolution/empty-output', {
    what: `transposedConvolution: pad ${sides.top}+${sides.bottom} rows, ${sides.left}+${sides.right} columns of an output of ${full[0]}×${full[1]}`,
    rule: 'padding is cut from the output and must leave at least one cell',
    next: 'pass less padding, a larger filter or a larger stride',
  })
}

function checkChannels(x: tf.Tensor4D, filter: tf.Tensor4D, groups: number): void {
  checkRank('transposedConvolution', 'x', x, 'N, H, W, C')
  checkRank('transposedConvolution', 'filter', filter, 'rows, columns, Cout / groups, Cin')
  checkGroups('transposedConvolution', 'input channels', x.shape[3], groups)
  if (filter.shape[3] === x.shape[3]) return
  throw new PixelwiseError('transposedConvolution/channel-mismatch', {
    what: `transposedConvolution: filter ${shapeText(filter.shape)} on x ${shapeText(x.shape)}`,
    rule: `the filter's fourth size must be the ${x.shape[3]} input channels`,
    next: 'order the filter as [rows, columns, Cout / groups, Cin]',
  })
}
