import '@tensorflow/tfjs-backend-cpu'
import '@tensorflow/tfjs-layers' // registers the gradients of tfjs
import { seededTensor } from '@pixelwise/testing'
import * as tf from '@tensorflow/tfjs-core'
import { type Draw, kernelTests, type NamedKernelCase } from '../../test-support/kernel-tests.js'
import { elementwiseKernels } from './elementwise.js'

const map = [2, 5, 6, 3]
const positive = (x: tf.Tensor) => tf.add(tf.abs(x), 0.5)
/** Whole numbers from −3 to 3. */
const whole = (x: tf.Tensor) => tf.cast(tf.round(tf.mul(x, 3)), 'int32')

function unary(name: string, run: (x: tf.Tensor) => tf.Tensor, prepare?: NamedKernelCase['prepare']): NamedKernelCase {
  return { name, inputs: [map], run, gradients: [0], prepare }
}

/** Every operand shape that broadcasting must line up, in both layouts. */
function binary(
  name: string,
  run: (a: tf.Tensor, b: tf.Tensor) => tf.Tensor,
  prepare?: NamedKernelCase['prepare'],
  /** tfjs's gradients of some kernels fail where an operand is broadcast. */
  gradientsBroadcast = true,
): NamedKernelCase[] {
  const through = (a: tf.Tensor4D) => tf.maxPool(a, 1, 1, 'valid') // leaves a in [N, C, H, W]
  return [[3], [6, 3], [2, 1, 6, 1], [], map].map((shape) => ({
    name: `${name} with [${shape}]`,
    inputs: [map, shape],
    run: (a: tf.Tensor4D, b: tf.Tensor) => run(through(a), b),
    gradients: gradientsBroadcast || shape === map ? [0, 1] : [],
    prepare,
  }))
}

function compared(name: string, run: (a: tf.Tensor, b: tf.Tensor) => tf.Tensor): NamedKernelCase {
  return { name, inputs: [map, [3]], run: (a, b) => run(whole(a), whole(b)) }
}

const logical = (x: tf.Tensor) => tf.greater(x, 0)
const cases: NamedKernelCase[] = [
  {
    name: 'a constant gives the result its rank, even where it is one number',
    inputs: [[], [3]],
    run: (a, b) => [tf.mul(a, tf.tensor1d([2])), tf.add(b, tf.fill([1, 3], 2))],
  },
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
  {
    name: 'is NaN, infinite, finite',
    inputs: [map],
    run: (x) => [tf.isNaN, tf.isInf, tf.isFinite].map((of) => of(tf.div(tf.relu(x), tf.floor(x)))),
  },
  {
    name: 'log1p and expm1 of infinities and what is nearly so',
    inputs: [map],
    run: (x) => [1e30, 1e38, Infinity].flatMap((by) => [tf.log1p(tf.mul(x, by)), tf.expm1(tf.mul(x, by))]),
  },
  {
    name: 'sigmoid cross entropy of large logits',
    inputs: [map],
    run: (x) =>
      tf.mul(tf.losses.sigmoidCrossEntropy(tf.onesLike(x), tf.add(x, 17), undefined, 0, tf.Reduction.NONE), 1e7),
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
  {
    name: 'products of truth values',
    inputs: [map, [3]],
    run: (a, b) => [tf.mul(logical(a), logical(b)), tf.mul(logical(a), b)],
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
  {
    name: 'where, of two types',
    inputs: [map, map],
    run: (a, b) => [
      tf.where(logical(a), tf.cast(tf.mul(b, 9), 'int32'), a),
      tf.where(logical(a), b, tf.cast(tf.mul(a, 9), 'int32')),
    ],
  },
]

/** Two shapes that broadcast to one, of any ranks. */
function broadcastable(draw: Draw): number[][] {
  const shape = draw.shape(draw.whole(0, 4), 4)
  const thinned = () => shape.slice(draw.whole(0, shape.length)).map((length) => draw.of([1, length]))
  return draw.shuffled([shape, thinned()])
}

const ofAnyNumber = [
  tf.abs,
  tf.acos,
  tf.asin,
  tf.asinh,
  tf.atan,
  tf.ceil,
  tf.cos,
  tf.cosh,
  tf.elu,
  tf.erf,
  tf.exp,
  tf.floor,
  tf.leakyRelu,
  tf.neg,
  tf.relu,
  tf.relu6,
  tf.selu,
  tf.sigmoid,
  tf.sign,
  tf.sin,
  tf.softplus,
  tf.square,
  tf.tanh,
]
const ofPositive = [tf.acosh, tf.log, tf.log1p, tf.reciprocal, tf.rsqrt, tf.sqrt]
const nearIdentity = [tf.asinh, tf.atan, tf.atanh, tf.expm1, tf.log1p, tf.sin, tf.sinh, tf.tan, tf.tanh]

const random = {
  'functions of one tensor': (draw: Draw) => ({
    inputs: [draw.shape(draw.whole(0, 4))],
    run: (x: tf.Tensor) => ofAnyNumber.map((of) => of(x)),
    gradients: [0],
  }),
  'functions of one positive tensor': (draw: Draw) => ({
    inputs: [draw.shape(draw.whole(0, 4))],
    run: (x: tf.Tensor) => ofPositive.map((of) => of(of === tf.acosh ? tf.add(x, 1) : x)),
    gradients: [0],
    prepare: positive,
  }),
  'functions that are their argument near zero': (draw: Draw) => ({
    inputs: [draw.shape(draw.whole(1, 4))],
    run: (x: tf.Tensor) => nearIdentity.map((of) => tf.div(of(x), x)),
    prepare: (x: tf.Tensor) => tf.pow(x, 9), // many of them below 1e-7
  }),
  'functions of two tensors': (draw: Draw) => ({
    inputs: broadcastable(draw),
    run: (a: tf.Tensor, b: tf.Tensor) => [tf.add(a, b), tf.sub(a, b), tf.mul(a, b), tf.div(a, b), tf.pow(a, b)],
    gradients: [0, 1],
    prepare: positive,
  }),
  'extremes and differences of two tensors': (draw: Draw) => ({
    inputs: broadcastable(draw),
    run: (a: tf.Tensor, b: tf.Tensor) => [
      tf.maximum(a, b),
      tf.minimum(a, b),
      tf.squaredDifference(a, b),
      tf.atan2(a, b),
    ],
  }),
  'extremes of tensors of one shape': (draw: Draw) => {
    const shape = draw.shape(draw.whole(0, 4))
    return {
      inputs: [shape, shape],
      run: (a: tf.Tensor, b: tf.Tensor) => [
        tf.maximum(a, b),
        tf.minimum(a, b),
        tf.squaredDifference(a, b),
        tf.atan2(a, b),
      ],
      gradients: [0, 1],
    }
  },
  'limits, slopes and what is finite': (draw: Draw) => {
    const [low, high] = [draw.whole(-9, 0) / 10, draw.whole(0, 9) / 10]
    return {
      inputs: broadcastable(draw),
      run: (x: tf.Tensor, alpha: tf.Tensor) => [
        tf.clipByValue(x, low, high),
        tf.prelu(x, alpha),
        ...[tf.isNaN, tf.isInf, tf.isFinite].map((of) => of(tf.div(tf.relu(x), tf.floor(x)))),
      ],
    }
  },
  'comparisons and logic': (draw: Draw) => ({
    inputs: broadcastable(draw),
    run: (a: tf.Tensor, b: tf.Tensor) => {
      const [i, j] = [whole(a), whole(b)]
      const compare = [tf.equal, tf.notEqual, tf.greater, tf.greaterEqual, tf.less, tf.lessEqual]
      const compared = compare.map((of) => of(i, j))
      const logic = [...compare, tf.logicalAnd, tf.logicalOr, tf.logicalXor].map((of) => of(logical(a), logical(b)))
      return [...compared, ...logic, tf.mod(i, tf.add(tf.abs(j), 1)), tf.floorDiv(i, tf.add(tf.abs(j), 1))]
    },
  }),
  'a choice of elements': (draw: Draw) => {
    const shape = draw.shape(draw.whole(0, 4))
    return {
      inputs: [shape, shape],
      run: (a: tf.Tensor, b: tf.Tensor) => tf.where(logical(seededTensor(shape, 'condition')), a, b),
      gradients: [0, 1],
    }
  },
}

kernelTests(elementwiseKernels, cases, random)
