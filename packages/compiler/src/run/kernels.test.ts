import '@tensorflow/tfjs-backend-cpu'
import '@tensorflow/tfjs-layers' // registers the gradients of tfjs
import { seededTensor } from '@pixelwise/testing'
import * as tf from '@tensorflow/tfjs-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { replay } from '../graph/replay.js'
import { standardKernels } from '../kernels/standard-kernels.js'
import { loadOnnxRuntime } from '../node/load-onnx-runtime.js'
import { lowerGraph } from '../onnx/lower-graph.js'
import { trace } from '../trace/trace.js'
import type { OnnxRuntime } from './onnx-runtime.js'
import { GraphSession } from './session.js'

let runtime: OnnxRuntime
beforeAll(async () => {
  await tf.setBackend('cpu')
  runtime = await loadOnnxRuntime()
})

// biome-ignore lint/suspicious/noExplicitAny: each case knows the ranks of its own tensors.
type Run = (...args: any[]) => tf.Tensor | tf.Tensor[]

interface KernelCase {
  readonly name: string
  readonly inputs: readonly (readonly number[])[]
  readonly run: Run
  /** Which inputs have gradients; none by default. */
  readonly gradients?: readonly number[]
  /** Changes the uniform values in [−1, 1). */
  readonly prepare?: (x: tf.Tensor) => tf.Tensor
}

const map = [2, 5, 6, 3]
/** tfjs's cpu gradients of resizing mistake height for width, and are lost from the second image of a batch on. */
const square = [1, 6, 6, 3]
const positive = (x: tf.Tensor) => tf.add(tf.abs(x), 0.5)
/** Whole numbers from −3 to 3. */
const whole = (x: tf.Tensor) => tf.cast(tf.round(tf.mul(x, 3)), 'int32')

function unary(name: string, run: (x: tf.Tensor) => tf.Tensor, prepare?: KernelCase['prepare']): KernelCase {
  return { name, inputs: [map], run, gradients: [0], prepare }
}

/** Every operand shape that broadcasting must line up, in both layouts. */
function binary(
  name: string,
  run: (a: tf.Tensor, b: tf.Tensor) => tf.Tensor,
  prepare?: KernelCase['prepare'],
  /** tfjs's gradients of some kernels fail where an operand is broadcast. */
  gradientsBroadcast = true,
): KernelCase[] {
  const through = (a: tf.Tensor4D) => tf.maxPool(a, 1, 1, 'valid') // leaves a in [N, C, H, W]
  return [[3], [6, 3], [2, 1, 6, 1], [], map].map((shape) => ({
    name: `${name} with [${shape}]`,
    inputs: [map, shape],
    run: (a: tf.Tensor4D, b: tf.Tensor) => run(through(a), b),
    gradients: gradientsBroadcast || shape === map ? [0, 1] : [],
    prepare,
  }))
}

function compared(name: string, run: (a: tf.Tensor, b: tf.Tensor) => tf.Tensor): KernelCase {
  return { name, inputs: [map, [3]], run: (a, b) => run(whole(a), whole(b)) }
}

const logical = (x: tf.Tensor) => tf.greater(x, 0)

const cases: KernelCase[] = [
  unary('abs', tf.abs),
  unary('acos', tf.acos),
  unary('acosh', (x) => tf.acosh(tf.add(x, 1)), positive),
  unary('asin', tf.asin),
  unary('asinh', tf.asinh),
  unary('atan', tf.atan),
  unary('atanh', (x) => tf.atanh(tf.mul(x, 0.9))),
  unary('ceil', tf.ceil),
  unary('cos', tf.cos),
  unary('cosh', tf.cosh),
  unary('elu', tf.elu),
  unary('erf', tf.erf),
  unary('exp', tf.exp),
  unary('expm1', tf.expm1),
  unary('floor', tf.floor),
  unary('log', tf.log, positive),
  unary('log1p', tf.log1p, positive),
  unary('neg', tf.neg),
  unary('reciprocal', tf.reciprocal, positive),
  unary('relu', tf.relu),
  unary('relu6', (x) => tf.relu6(tf.mul(x, 10))),
  unary('leaky relu', (x) => tf.leakyRelu(x, 0.3)),
  unary('round', (x) => tf.round(tf.mul(x, 4))),
  unary('rsqrt', tf.rsqrt, positive),
  unary('selu', tf.selu),
  unary('sigmoid', tf.sigmoid),
  unary('sign', tf.sign),
  unary('sin', tf.sin),
  unary('sinh', tf.sinh),
  unary('softplus', tf.softplus),
  unary('sqrt', tf.sqrt, positive),
  unary('square', tf.square),
  unary('step', (x) => tf.step(x, 0.2)),
  unary('tan', tf.tan),
  unary('tanh', tf.tanh),
  unary('clip', (x) => tf.clipByValue(x, -0.4, 0.3)),
  unary('ones like', (x) => tf.mul(tf.onesLike(x), x)),
  { name: 'ones like, zeros like', inputs: [map], run: (x) => [tf.onesLike(x), tf.zerosLike(x)] },
  {
    name: 'is NaN, infinite, finite',
    inputs: [map],
    run: (x) => [tf.isNaN, tf.isInf, tf.isFinite].map((of) => of(tf.div(tf.relu(x), tf.floor(x)))),
  },
  {
    name: 'logical',
    inputs: [map, map],
    run: (a, b) => [
      tf.logicalAnd(logical(a), logical(b)),
      tf.logicalOr(logical(a), logical(b)),
      tf.logicalNot(logical(a)),
    ],
  },
  ...binary('add', tf.add),
  ...binary('sub', tf.sub),
  ...binary('mul', tf.mul),
  ...binary('div', tf.div, positive),
  ...binary('pow', tf.pow, positive),
  ...binary('maximum', tf.maximum, undefined, false),
  ...binary('minimum', tf.minimum, undefined, false),
  ...binary('squared difference', tf.squaredDifference, undefined, false),
  ...binary('mod', tf.mod, (x) => tf.add(tf.mul(x, 7), 0.01)),
  { name: 'add n', inputs: [map, map, map], run: (...all) => tf.addN(all), gradients: [0, 1, 2] },
  { name: 'prelu', inputs: [map, [3]], run: tf.prelu, gradients: [0, 1] },
  ...[tf.equal, tf.notEqual, tf.greater, tf.greaterEqual, tf.less, tf.lessEqual].map((compare) =>
    compared(compare.name, compare),
  ),
  {
    name: 'whole numbers',
    inputs: [map, map],
    run: (a, b) => [
      tf.add(whole(a), whole(b)),
      tf.mul(whole(a), whole(b)),
      tf.maximum(whole(a), whole(b)),
      tf.sum(whole(a), 3),
      tf.max(whole(a), 1),
      tf.abs(whole(a)),
      tf.neg(whole(a)),
    ],
  },
  { name: 'floor division', inputs: [map], run: (a) => tf.floorDiv(whole(tf.mul(a, 9)), tf.scalar(4, 'int32')) },
  {
    name: 'casts',
    inputs: [map],
    run: (x) => [
      tf.cast(tf.mul(x, 5), 'int32'),
      tf.cast(x, 'bool'),
      tf.cast(logical(x), 'float32'),
      tf.cast(logical(x), 'int32'),
    ],
  },
  {
    name: 'where',
    inputs: [map, map],
    run: (a, b) => tf.where(logical(seededTensor(map, 'condition')), a, b),
    gradients: [0, 1],
  },
  ...[[0], [3], [1, 2], [2], [0, 1, 2, 3]].flatMap((axis) =>
    [true, false].flatMap((keep): KernelCase[] => [
      {
        name: `sum, mean over ${axis}, keep ${keep}`,
        inputs: [map],
        run: (x) => tf.add(tf.sum(tf.maxPool(x, 1, 1, 'valid'), axis, keep), tf.mean(x, axis, keep)),
        gradients: [0],
      },
      {
        name: `max, min, prod over ${axis}, keep ${keep}`,
        inputs: [map],
        run: (x) => [tf.max(tf.maxPool(x, 1, 1, 'valid'), axis, keep), tf.min(x, axis, keep), tf.prod(x, axis, keep)],
      },
      {
        name: `all, any over ${axis}, keep ${keep}`,
        inputs: [map],
        run: (x) => [tf.all(logical(tf.add(x, 0.8)), axis, keep), tf.any(logical(x), axis, keep)],
      },
    ]),
  ),
  {
    name: 'positions',
    inputs: [map],
    run: (x) => [
      tf.argMax(x, 3),
      tf.argMin(x, 1),
      tf.argMax(tf.maxPool(x, 1, 1, 'valid'), -1),
      tf.argMax(tf.zerosLike(x), 2),
    ],
  },
  { name: 'softmax', inputs: [map], run: (x) => tf.softmax(x), gradients: [0] },
  {
    name: 'softmax of channels first',
    inputs: [map],
    run: (x) => tf.softmax(tf.maxPool(x, 1, 1, 'valid')),
    gradients: [0],
  },
  { name: 'log softmax', inputs: [map], run: (x) => tf.logSoftmax(x), gradients: [0] },
  { name: 'cumulative sums', inputs: [map], run: (x) => [tf.cumsum(x, 1), tf.cumsum(x, 2, true, true)] },
  { name: 'expand and squeeze', inputs: [map], run: (x) => tf.squeeze(tf.expandDims(x, -2)), gradients: [0] },
  { name: 'transpose', inputs: [map], run: (x) => tf.transpose(x, [3, 1, 0, 2]), gradients: [0] },
  {
    name: 'slices',
    inputs: [map],
    run: (x) => tf.slice(tf.maxPool(x, 1, 1, 'valid'), [0, 1, 2, 1], [-1, 3, 2, 2]),
    gradients: [0],
  },
  {
    name: 'strided slices',
    inputs: [map],
    run: (x) => [
      tf.stridedSlice(x, [0, 4, 5, 0], [2, 0, 0, 3], [1, -2, -1, 2], 0, 4),
      tf.stridedSlice(x, [0, 1, 0, 0], [1, 5, 6, 3], [1, 1, 1, 1], 0, 0, 0, 0, 1),
    ],
  },
  {
    name: 'concat',
    inputs: [map, [2, 5, 6, 1]],
    run: (a, b) => tf.concat([tf.maxPool(a, 1, 1, 'valid'), b], 3),
    gradients: [0, 1],
  },
  {
    name: 'split',
    inputs: [[2, 5, 6, 4]],
    run: (x) => tf.mul(...(tf.split(tf.maxPool(x, 1, 1, 'valid'), 2, 3) as [tf.Tensor, tf.Tensor])),
    gradients: [0],
  },
  { name: 'split by sizes', inputs: [map], run: (x) => tf.split(x, [1, 3, 1], 1) },
  {
    name: 'pad',
    inputs: [map],
    run: (x) =>
      tf.pad(
        tf.maxPool(x, 1, 1, 'valid'),
        [
          [0, 1],
          [2, 0],
          [1, 3],
          [0, 2],
        ],
        0.5,
      ),
    gradients: [0],
  },
  {
    name: 'mirror pad',
    inputs: [map],
    run: (x) =>
      tf.mirrorPad(
        x,
        [
          [0, 0],
          [2, 1],
          [1, 3],
          [0, 0],
        ],
        'reflect',
      ),
  },
  { name: 'reverse', inputs: [map], run: (x) => tf.reverse(tf.maxPool(x, 1, 1, 'valid'), [1, 3]), gradients: [0] },
  { name: 'stack and unstack', inputs: [map], run: (x) => tf.stack(tf.unstack(x, 1).reverse(), -1), gradients: [0] },
  {
    name: 'space to batch',
    inputs: [[1, 5, 6, 2]],
    run: (x) =>
      tf.spaceToBatchND(
        x,
        [2, 3],
        [
          [1, 0],
          [0, 0],
        ],
      ),
    gradients: [0],
  },
  {
    name: 'batch to space',
    inputs: [[6, 2, 3, 2]],
    run: (x) =>
      tf.batchToSpaceND(
        x,
        [3, 2],
        [
          [1, 1],
          [0, 2],
        ],
      ),
    gradients: [0],
  },
  { name: 'depth to space', inputs: [[1, 2, 3, 12]], run: (x) => tf.depthToSpace(x, 2) },
  { name: 'tile', inputs: [map], run: (x) => tf.tile(tf.maxPool(x, 1, 1, 'valid'), [1, 2, 1, 3]), gradients: [0] },
  { name: 'broadcast', inputs: [[6, 1]], run: (x) => tf.broadcastTo(x, [2, 6, 3]), gradients: [0] },
  { name: 'gather', inputs: [map], run: (x) => tf.gather(x, tf.tensor1d([4, 0, 4], 'int32'), 1) },
  {
    name: 'gather and scatter',
    inputs: [[4, 3]],
    run: (x) => [
      tf.gatherND(
        x,
        tf.tensor2d(
          [
            [3, 1],
            [0, 2],
          ],
          [2, 2],
          'int32',
        ),
      ),
      tf.scatterND(tf.tensor2d([[1], [5], [1], [2]], [4, 1], 'int32'), x, [7, 3]),
    ],
  },
  {
    name: 'one hot',
    inputs: [map],
    run: (x) => [tf.oneHot(tf.argMax(x, 3), 4), tf.oneHot(tf.argMax(x, 1), 5, 0.5, -1, 'float32')],
  },
  {
    name: 'new tensors',
    inputs: [[3]],
    run: (x) => [tf.add(tf.fill([40, 40, 3], 2), x), tf.mul(tf.range(1, 4, 1), x), tf.fill([2], 7, 'int32')],
  },
  ...[true, false].flatMap((left) =>
    [true, false].map(
      (right): KernelCase => ({
        name: `products, transposed ${left} ${right}`,
        inputs: [left ? [2, 4, 3] : [2, 3, 4], right ? [2, 5, 4] : [2, 4, 5]],
        run: (a, b) => tf.matMul(a, b, left, right),
        gradients: [0, 1],
      }),
    ),
  ),
  ...(['linear', 'relu', 'relu6', 'elu', 'sigmoid', 'leakyrelu', 'prelu'] as const).flatMap(
    (activation): KernelCase[] => [
      {
        name: `fused product, ${activation}`,
        inputs: [[3, 4], [4, 5], [5], [5]],
        run: (a, b, bias, alpha) =>
          tf.fused.matMul({
            a,
            b,
            bias,
            activation,
            leakyreluAlpha: 0.2,
            preluActivationWeights: activation === 'prelu' ? alpha : undefined,
          }),
      },
      {
        name: `fused convolution, ${activation}`,
        inputs: [map, [3, 2, 3, 4], [4], [1, 1, 4]],
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
      },
    ],
  ),
  {
    name: 'fused depthwise convolution',
    inputs: [map, [3, 3, 3, 2], [6]],
    run: (x, filter, bias) =>
      tf.fused.depthwiseConv2d({ x, filter, bias, strides: 1, pad: 'same', activation: 'relu' }),
  },
  ...(
    [
      [1, 'valid'],
      [2, 'same'],
      [3, 'valid'],
      [2, 1],
      [1, 2],
    ] as const
  ).flatMap(([stride, pad]): KernelCase[] => [
    {
      name: `convolution, stride ${stride}, ${pad}`,
      inputs: [
        [2, 7, 8, 3],
        [3, 2, 3, 4],
      ],
      run: (x, filter) => tf.conv2d(x, filter, stride, pad, 'NHWC', 1, typeof pad === 'number' ? 'floor' : undefined),
      gradients: [0, 1],
    },
    {
      name: `depthwise convolution, stride ${stride}, ${pad}`,
      inputs: [
        [2, 7, 8, 3],
        [3, 2, 3, 2],
      ],
      run: (x, filter) =>
        tf.depthwiseConv2d(x, filter, stride, pad, 'NHWC', 1, typeof pad === 'number' ? 'floor' : undefined),
      gradients: [0, 1],
    },
    {
      name: `max pooling, stride ${stride}, ${pad}`,
      inputs: [[2, 7, 8, 3]],
      run: (x) => tf.maxPool(x, [3, 2], stride, pad === 2 ? 1 : pad, typeof pad === 'number' ? 'floor' : undefined),
      gradients: [0],
    },
    {
      name: `average pooling, stride ${stride}, ${pad}`,
      inputs: [[2, 7, 8, 3]],
      run: (x) => tf.avgPool(x, [3, 2], stride, pad === 2 ? 1 : pad, typeof pad === 'number' ? 'floor' : undefined),
      gradients: [0],
    },
    {
      name: `transposed convolution, stride ${stride}`,
      inputs: [
        [2, 4, 3, 3],
        [3, 3, 2, 3],
      ],
      run: (x, filter) => tf.conv2dTranspose(x, filter, [2, 4 * stride, 3 * stride, 2], stride, 'same'),
      gradients: [0, 1],
    },
  ]),
  {
    name: 'convolution with a filter of many taps',
    inputs: [
      [2, 17, 16, 2],
      [12, 13, 2, 3],
    ],
    run: (x, filter) => tf.conv2d(x, filter, 2, 'valid'),
    gradients: [0, 1],
  },
  {
    name: 'dilated convolution',
    inputs: [
      [2, 7, 8, 3],
      [3, 2, 3, 4],
    ],
    run: (x, filter) => tf.conv2d(x, filter, 1, 'same', 'NHWC', [2, 3]),
  },
  {
    name: 'dilated depthwise convolution',
    inputs: [
      [2, 7, 8, 3],
      [3, 2, 3, 1],
    ],
    run: (x, filter) => tf.depthwiseConv2d(x, filter, 1, 'valid', 'NHWC', 2),
  },
  {
    name: 'local response normalisation',
    inputs: [[2, 3, 4, 7]],
    run: (x) => tf.localResponseNormalization(x, 2, 1.5, 0.3, 0.6),
    gradients: [0],
  },
  {
    name: 'batch normalisation',
    inputs: [map, [3], [3], [3]],
    run: (x, mean, scale, offset) => tf.batchNorm(x, mean, tf.tensor1d([0.5, 1, 2]), offset, scale, 0.01),
    gradients: [0, 1, 2, 3],
  },
  {
    name: 'batch normalisation without scale',
    inputs: [map, [3]],
    run: (x, mean) => tf.batchNorm(x, mean, tf.tensor1d([0.5, 1, 2])),
  },
  ...(
    [
      [false, false],
      [true, false],
      [false, true],
    ] as const
  ).flatMap(([align, half]): KernelCase[] =>
    [
      [9, 13],
      [3, 4],
      [1, 6],
    ].flatMap((size) => {
      const to = size as [number, number]
      return [
        {
          name: `bilinear to ${size}, ${align} ${half}`,
          inputs: [square],
          run: (x) => tf.image.resizeBilinear(x, to, align, half),
          gradients: half ? [] : [0],
        },
        {
          name: `nearest to ${size}, ${align} ${half}`,
          inputs: [square],
          run: (x) => tf.image.resizeNearestNeighbor(x, to, align, half),
          gradients: half ? [] : [0],
        },
      ]
    }),
  ),
]

const exercised = new Set<string>()

/** Float32 sums in another order than tfjs's. */
const tolerance = 1e-5

async function expectCompiledEqualsEager(run: Run, args: readonly tf.Tensor[]): Promise<void> {
  const traced = trace(
    run,
    args.map(({ shape, dtype }) => ({ shape, dtype: dtype as 'float32' })),
  )
  for (const { kernel } of traced.graph.nodes) exercised.add(kernel)
  const session = await GraphSession.create(runtime, traced.graph, lowerGraph(traced.graph), { intraOpNumThreads: 1 })
  const feeds = new Map(traced.captured)
  for (const { value, kind, name } of traced.graph.inputs) {
    if (kind === 'argument') feeds.set(value, args[Number(name.slice('argument_'.length))])
  }
  const { outputs } = await session.run(feeds)
  await session.dispose()
  const { outputs: replayed } = replay(traced.graph, feeds)
  const expected = [tf.tidy(() => run(...args))].flat()
  for (const [i, output] of outputs.entries()) {
    expectClose(output, expected[i])
    expectClose(replayed[i], expected[i])
  }
  tf.dispose([outputs, expected, replayed])
}

function expectClose(actual: tf.Tensor, expected: tf.Tensor): void {
  expect([actual.shape, actual.dtype]).toEqual([expected.shape, expected.dtype])
  const [a, b] = [Array.from(actual.dataSync()), Array.from(expected.dataSync())]
  const finite = b.filter(Number.isFinite)
  const scale = finite.reduce((largest, value) => Math.max(largest, Math.abs(value)), 1)
  for (const [i, value] of b.entries()) {
    if (Object.is(a[i], value)) continue // NaN and infinities too
    expect(Math.abs(a[i] - value) / scale, `element ${i}: ${a[i]} for ${value}`).toBeLessThanOrEqual(tolerance)
  }
}

describe('kernels, compiled, equal tfjs on the cpu backend', () => {
  test.each(cases)('$name', async ({ inputs, run, gradients = [], prepare }) => {
    const args = inputs.map((shape, i) => {
      const random = seededTensor(shape, `input ${i}`)
      return prepare?.(random) ?? random
    })
    await expectCompiledEqualsEager(run, args)
    if (gradients.length === 0) return
    await expectCompiledEqualsEager((...values: tf.Tensor[]) => {
      const loss = (...learning: tf.Tensor[]) => {
        const moved = values.map((value, i) => (gradients.includes(i) ? learning[gradients.indexOf(i)] : value))
        const output = run(...moved) as tf.Tensor
        return tf.sum(tf.mul(output, seededTensor(output.shape, 'projection')))
      }
      return tf.grads(loss)(gradients.map((i) => values[i]))
    }, args)
  })

  afterAll(() =>
    expect(
      standardKernels()
        .names()
        .filter((name) => !exercised.has(name)),
    ).toEqual([]),
  )
})
