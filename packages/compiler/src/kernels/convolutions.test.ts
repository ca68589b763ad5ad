import '@tensorflow/tfjs-backend-cpu'
import '@tensorflow/tfjs-layers' // registers the gradients of tfjs
import { bilinearFilter1d } from '@pixelwise/core'
import * as tf from '@tensorflow/tfjs-core'
import { type Draw, type KernelCase, kernelTests, type NamedKernelCase } from '../../test-support/kernel-tests.js'
import { convolutionGradientKernels } from './convolution-gradients.js'
import { convolutionKernels } from './convolutions.js'
import { depthwiseGradientKernels } from './depthwise-gradients.js'

type Pad = 'valid' | 'same' | number

/** tfjs wants a rule of rounding exactly where padding is a number. */
const rounding = (pad: Pad) => (typeof pad === 'number' ? 'floor' : undefined)

/** Winograd's factors reach from 1/20 to 21, and rounding grows with them. */
const winogradTolerance = 5e-5

const activations = ['linear', 'relu', 'relu6', 'elu', 'sigmoid', 'leakyrelu', 'prelu'] as const

const cases: NamedKernelCase[] = [
  ...activations.map(
    (activation): NamedKernelCase => ({
      name: `with bias and ${activation}`,
      inputs: [[2, 5, 6, 3], [3, 2, 3, 4], [4], [1, 1, 4]],
      run: (x, filter, bias, alpha) =>
        tf.fused.conv2d({
          x,
          filter,
          bias,
          strides: 2,
          pad: 'same',
          activation,
          leakyreluAlpha: 0.2,
          preluActivationWeights: activation === 'prelu' ? alpha : undefined,
        }),
    }),
  ),
  {
    name: 'depthwise with bias and ReLU',
    inputs: [[2, 5, 6, 3], [3, 3, 3, 2], [6]],
    run: (x, filter, bias) =>
      tf.fused.depthwiseConv2d({ x, filter, bias, strides: 1, pad: 'same', activation: 'relu' }),
  },
  ...['transposed', 'scattered'].map(
    (form): NamedKernelCase => ({
      name: `of single cells with stride, gradient ${form}`,
      inputs: [
        [2, 5, 6, 3],
        [1, 1, 3, 2],
      ],
      run: (x, filter) => tf.conv2d(x, filter, 2, 'valid'),
      gradients: [0],
      ...forced('Conv2DBackpropInput', form),
    }),
  ),
  {
    name: 'with a filter of many taps',
    inputs: [
      [2, 17, 16, 2],
      [12, 13, 2, 3],
    ],
    run: (x, filter) => tf.conv2d(x, filter, 2, 'valid'),
    gradients: [0, 1],
  },
]

/** A convolution of any sizes, and its gradients. */
function convolution(draw: Draw, taps: readonly [number, number], stride: number, most = 7): KernelCase {
  // tfjs takes the rows of a filter for its columns where padding is a number.
  const pad: Pad = taps[0] === taps[1] ? draw.of(['valid', 'same', 1] as const) : draw.of(['valid', 'same'] as const)
  const [batch, height, width, channels, outputs] = draw.shape(5, most)
  return {
    inputs: [
      [Math.min(batch, 3), height + taps[0], width + taps[1], channels],
      [...taps, channels, outputs],
    ],
    run: (x, filter) => tf.conv2d(x, filter, stride, pad, 'NHWC', 1, rounding(pad)),
    gradients: [0, 1],
  }
}

/** The position of the kernel, and the way that it is to be written; the forward convolution goes direct. */
function forced(kernel: string, form: string): Pick<KernelCase, 'options'> {
  return {
    options: (kernels) => ({ choices: new Map(kernels.flatMap((name, i) => (name === kernel ? [[i, form]] : []))) }),
  }
}

/** A transposed depthwise convolution with a bilinear filter, cut; its values are handed out, or read by another kernel. */
function interpolation(draw: Draw, readOn: boolean): KernelCase {
  const factor = draw.whole(2, 5)
  const size = factor % 2 === 0 ? draw.of([2 * factor - 1, 2 * factor]) : 2 * factor - 1
  const [batch, height, width, channels] = draw.shape(4)
  const line = bilinearFilter1d(size)
  const filter = Float32Array.from({ length: size * size * channels }, (_, i) => {
    const cell = Math.floor(i / channels)
    return line[Math.floor(cell / size)] * line[cell % size]
  })
  const full = [height, width].map((cells) => factor * (cells - 1) + size)
  const before = full.map((cells) => draw.whole(0, cells - 1))
  const after = full.map((cells, axis) => draw.whole(0, cells - 1 - before[axis]))
  const cut = full.map((cells, axis) => cells - before[axis] - after[axis])
  const around = before.map((cells, axis): [number, number] => [cells, after[axis]])
  const upsampled = (dy: tf.Tensor4D) => {
    const constant = tf.tensor4d(filter, [size, size, channels, 1])
    const zeros = tf.zeros([batch, cut[0], cut[1], channels])
    const pad: tf.backend_util.ExplicitPadding = [[0, 0], around[0], around[1], [0, 0]]
    return tf.grad((x: tf.Tensor) => tf.depthwiseConv2d(x as tf.Tensor4D, constant, factor, pad, 'NHWC', 1, 'floor'))(
      zeros,
      dy,
    )
  }
  return {
    inputs: [[batch, height, width, channels]],
    run: (dy) => (readOn ? tf.relu(upsampled(dy)) : upsampled(dy)),
    options: draw.of([
      () => ({}),
      () => ({ channelsLast: true }),
      () => ({ choices: new Map(), channelsLast: true }),
      () => ({ portable: true }),
    ]),
  }
}

const square = (taps: number): [number, number] => [taps, taps]

const random: Record<string, (draw: Draw) => KernelCase> = {
  'of any size and stride': (draw) => convolution(draw, [draw.whole(1, 4), draw.whole(1, 4)], draw.whole(1, 3)),
  ...Object.fromEntries(
    [3, 5, 7].map((taps) => [
      `by Winograd, ${taps} taps`,
      (draw: Draw): KernelCase => ({
        ...convolution(draw, square(taps), 1, 12),
        options: () => ({ convolution: 'winograd' }),
        tolerance: winogradTolerance,
      }),
    ]),
  ),
  'by Winograd, with nodes for all sizes': (draw) => ({
    ...convolution(draw, square(3), 1, 12),
    options: () => ({ convolution: 'winograd', choices: new Map() }),
    tolerance: winogradTolerance,
  }),
  'by Winograd, with bias and ReLU': (draw) => {
    const { inputs } = convolution(draw, square(3), 1)
    return {
      inputs: [...inputs, [inputs[1][3]]],
      run: (x, filter, bias) => tf.fused.conv2d({ x, filter, bias, strides: 1, pad: 'same', activation: 'relu' }),
      options: () => ({ convolution: 'winograd' }),
      tolerance: winogradTolerance,
    }
  },
  'as one product with columns': (draw) => ({
    ...convolution(draw, [draw.whole(1, 3), draw.whole(1, 3)], draw.whole(1, 2)),
    gradients: [],
    ...forced('Conv2D', 'columns'),
  }),
  ...Object.fromEntries(
    ['flipped', 'transposed', 'scattered'].map((form) => [
      `gradient for the input, ${form}`,
      (draw: Draw): KernelCase => ({
        ...convolution(draw, [draw.whole(1, 3), draw.whole(1, 3)], form === 'flipped' ? 1 : draw.whole(1, 2)),
        gradients: [0],
        ...forced('Conv2DBackpropInput', form),
      }),
    ]),
  ),
  ...Object.fromEntries(
    ['taps', 'columns', 'correlation'].map((form) => [
      `gradient for the filter by ${form}`,
      (draw: Draw): KernelCase => ({
        ...convolution(draw, [draw.whole(1, 3), draw.whole(1, 3)], draw.whole(1, 2)),
        gradients: [1],
        ...forced('Conv2DBackpropFilter', form),
      }),
    ]),
  ),
  dilated: (draw) => ({
    ...convolution(draw, [2, 3], 1),
    inputs: [
      [2, 9, 10, 3],
      [2, 3, 3, draw.whole(1, 4)],
    ],
    run: (x, filter) => tf.conv2d(x, filter, 1, 'same', 'NHWC', [2, 3]),
    gradients: [],
  }),
  transposed: (draw) => {
    const [batch, height, width, channels, outputs] = draw.shape(5, 4)
    const stride = draw.whole(1, 3)
    return {
      inputs: [
        [batch, height, width, channels],
        [3, 3, outputs, channels],
      ],
      run: (x, filter) =>
        tf.conv2dTranspose(x, filter, [batch, height * stride, width * stride, outputs], stride, 'same'),
      gradients: [0, 1],
    }
  },
  'transposed, interpolating': (draw) => interpolation(draw, false),
  'transposed, interpolating for another kernel': (draw) => interpolation(draw, true),
  'depthwise with bias and activation': (draw) => {
    const [height, width, channels, multiplier] = draw.shape(4, 4)
    const fused = { strides: draw.whole(1, 2), pad: 'same', activation: draw.of(activations) } as const
    return {
      inputs: [
        [2, height + 2, width + 2, channels],
        [2, 3, channels, multiplier],
        [channels * multiplier],
        [1, 1, channels * multiplier],
      ],
      run: (x, filter, bias, preluActivationWeights) =>
        tf.fused.depthwiseConv2d({ ...fused, x, filter, bias, leakyreluAlpha: 0.2, preluActivationWeights }),
    }
  },
  depthwise: (draw) => {
    const [batch, height, width, channels] = draw.shape(4)
    const [stride, pad] = [draw.whole(1, 3), draw.of(['valid', 'same'] as const)]
    return {
      inputs: [
        [batch, height + 3, width + 3, channels],
        [draw.whole(1, 3), draw.whole(1, 3), channels, draw.whole(1, 2)],
      ],
      run: (x, filter) => tf.depthwiseConv2d(x, filter, stride, pad, 'NHWC', 1, rounding(pad)),
      gradients: [0, 1],
    }
  },
}

kernelTests([...convolutionKernels, ...convolutionGradientKernels, ...depthwiseGradientKernels], cases, random)
