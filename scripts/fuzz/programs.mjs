/** Random programs of tfjs operations on maps, for scripts/fuzz-compiler.mjs. */
import { bilinearUpsample, crop } from '@pixelwise/core'
import * as tf from '@tensorflow/tfjs-core'

/**
 * A program computes a list of tensors: first its inputs, then one more per step. Values stay near one, so that
 * differences are those of rounding.
 */
export function drawProgram(rng) {
  const draw = (from, to) => from + rng.integer(to - from + 1)
  const choice = (list) => list[rng.integer(list.length)]
  const inputs = Array.from({ length: draw(1, 3) }, () => [draw(1, 2), draw(3, 9), draw(3, 9), draw(1, 5)])
  const shapes = [...inputs]
  const steps = []
  const length = draw(3, 10)
  while (steps.length < length) {
    const of = rng.integer(shapes.length)
    const step = choice(stepMakers)({ of, shape: shapes[of], shapes, draw, choice })
    if (step === undefined) continue
    const shape = tf.tidy(() => step.run(shapes.map((each) => tf.zeros(each))).shape)
    if (shape.reduce((product, each) => product * each, 1) > 4000) continue
    steps.push(step)
    shapes.push(shape)
  }
  return {
    inputs,
    steps,
    convolution: choice(['auto', 'direct', 'winograd']),
    differentiable: steps.every(({ gradient = true }) => gradient),
  }
}

/** All that a program computes and nothing in it reads, as a list of tensors. */
export function run({ steps }, args) {
  const values = [...args]
  for (const step of steps) values.push(step.run(values))
  const read = new Set(steps.flatMap(({ reads }) => reads))
  return values.filter((_, i) => !read.has(i))
}

/** The largest difference, relative to the largest value or one; infinite where shapes, types or special values differ. */
export function difference(actual, expected) {
  if (`${actual.shape}` !== `${expected.shape}` || actual.dtype !== expected.dtype) return Number.POSITIVE_INFINITY
  const [a, b] = [actual.dataSync(), expected.dataSync()]
  let [scale, largest] = [1, 0]
  for (const value of b) if (Number.isFinite(value)) scale = Math.max(scale, Math.abs(value))
  for (let i = 0; i < b.length; i++) {
    if (Object.is(a[i], b[i])) continue
    const each = Math.abs(a[i] - b[i]) / scale
    largest = Math.max(largest, Number.isNaN(each) ? Number.POSITIVE_INFINITY : each)
  }
  return largest
}

const unary = Object.entries({
  abs: tf.abs,
  atan: tf.atan,
  cos: tf.cos,
  elu: tf.elu,
  erf: tf.erf,
  neg: tf.neg,
  relu: tf.relu,
  relu6: tf.relu6,
  selu: tf.selu,
  sigmoid: tf.sigmoid,
  sin: tf.sin,
  softplus: tf.softplus,
  square: tf.square,
  tanh: tf.tanh,
})
const binary = Object.entries({ add: tf.add, sub: tf.sub, mul: tf.mul })
/** Their gradients want operands of one shape. */
const ofOneShape = Object.entries({
  maximum: tf.maximum,
  minimum: tf.minimum,
  squaredDifference: tf.squaredDifference,
})
const poolings = Object.entries({ maxPool: tf.maxPool, avgPool: tf.avgPool })
const resizings = Object.entries({
  resizeBilinear: tf.image.resizeBilinear,
  resizeNearestNeighbor: tf.image.resizeNearestNeighbor,
})
const reductions = Object.entries({ sum: tf.sum, mean: tf.mean, max: tf.max, min: tf.min })
const softmaxes = Object.entries({ softmax: tf.softmax, logSoftmax: tf.logSoftmax })

const step = (name, reads, run, gradient) => ({ name, reads, run, gradient })
const isMap = (shape) => shape.length === 4
const axesOf = (shape) => shape.map((_, axis) => axis)

/** Weights in [−1, 1] that depend on nothing but their size, so that a program is a function of its inputs. */
function weights(shape) {
  const size = shape.reduce((product, each) => product * each, 1)
  const fanIn = size / shape[shape.length - 1]
  return tf.tensor(
    Float32Array.from({ length: size }, (_, i) => Math.sin(i * 12.9898 + 1) / Math.sqrt(fanIn)),
    shape,
  )
}

const stepMakers = [
  ({ of, choice }) => {
    const [name, compute] = choice(unary)
    return step(name, [of], (values) => compute(values[of]))
  },
  ({ of, choice, shape, draw }) => {
    const [name, compute] = choice(binary)
    const thin = shape.slice(draw(0, shape.length)).map((length) => choice([1, length]))
    return step(`${name}[${thin}]`, [of], (values) => compute(values[of], weights(thin.length === 0 ? [1] : thin)))
  },
  ({ of, shape, shapes, choice }) => {
    const same = axesOf(shapes).filter((i) => `${shapes[i]}` === `${shape}`)
    const [[name, compute], other] = [choice([...binary, ...ofOneShape]), choice(same)]
    return step(name, [of, other], (values) => compute(values[of], values[other]))
  },
  ({ of, shape, choice, draw }) => {
    if (!isMap(shape)) return undefined
    const taps = choice([1, 2, 3, 3, 3, 5])
    const [stride, pad] = [choice([1, 1, 2]), choice(['same', 'valid'])]
    if (pad === 'valid' && Math.min(shape[1], shape[2]) < taps) return undefined
    const filter = [taps, taps, shape[3], draw(1, 5)]
    const activation = choice(['linear', 'relu'])
    return step(`conv ${taps}×${taps}/${stride} ${pad} ${activation}`, [of], (values) =>
      tf.fused.conv2d({
        x: values[of],
        filter: weights(filter),
        strides: stride,
        pad,
        bias: weights([filter[3]]),
        activation,
      }),
    )
  },
  ({ of, shape, choice, draw }) => {
    if (!isMap(shape) || shape[1] < 3 || shape[2] < 3) return undefined
    const [multiplier, pad] = [draw(1, 2), choice(['same', 'valid'])]
    return step('depthwise', [of], (values) =>
      tf.depthwiseConv2d(values[of], weights([3, 3, shape[3], multiplier]), 1, pad),
    )
  },
  ({ of, shape, draw }) => {
    if (!isMap(shape)) return undefined
    const [n, h, w, c] = shape
    const outputs = draw(1, 3)
    return step('transposed conv', [of], (values) =>
      tf.conv2dTranspose(values[of], weights([4, 4, outputs, c]), [n, 2 * h, 2 * w, outputs], 2, 'same'),
    )
  },
  ({ of, shape, draw }) => {
    if (!isMap(shape)) return undefined
    const factor = draw(2, 3)
    const size = 2 * factor - draw(0, 1)
    const [h, w] = [1, 2].map((axis) => factor * (shape[axis] - 1) + size)
    const [top, left] = [draw(0, h - 1), draw(0, w - 1)]
    const cut = [draw(1, h - top), draw(1, w - left)]
    return step(`upsample ${size}/${factor} to ${cut}`, [of], (values) =>
      crop(bilinearUpsample(values[of], factor, { size }), [top, left], cut),
    )
  },
  ({ of, shape, choice }) => {
    if (!isMap(shape) || shape[1] < 3 || shape[2] < 3) return undefined
    const [[name, compute], size, stride, pad] = [
      choice(poolings),
      choice([2, 3]),
      choice([1, 2]),
      choice(['same', 'valid']),
    ]
    return step(`${name} ${size}/${stride} ${pad}`, [of], (values) => compute(values[of], size, stride, pad))
  },
  ({ of, shape, choice }) => {
    if (!isMap(shape) || shape[0] !== 1 || shape[1] !== shape[2]) return undefined // see the kernel tests for why
    // tfjs's gradient of a nearest neighbour in one aligned cell does not end: it looks for all that are infinitely far.
    const [[name, compute], align] = [choice(resizings), choice([true, false]) && shape[1] > 1]
    return step(name, [of], (values) => compute(values[of], [shape[1] + 3, 2 * shape[2]], align))
  },
  ({ of, shape, choice }) => {
    if (!isMap(shape)) return undefined
    const beta = choice([0.5, 0.6, 0.75])
    return step(`lrn ${beta}`, [of], (values) => tf.localResponseNormalization(values[of], 1, 1, 0.5, beta))
  },
  ({ of, shape, choice }) => {
    if (shape.length === 0) return undefined
    const [[name, compute], keep] = [choice(reductions), choice([true, false])]
    const axes = axesOf(shape).filter(() => choice([true, false]))
    return step(`${name} ${axes}`, [of], (values) => compute(values[of], axes, keep))
  },
  ({ of, shape, choice }) => {
    if (shape.length === 0) return undefined
    const [name, compute] = choice(softmaxes)
    return step(name, [of], (values) => compute(values[of]))
  },
  ({ of, shape, choice }) => {
    const perm = axesOf(shape)
    for (const axis of perm.keys()) {
      const other = choice(axesOf(shape))
      ;[perm[axis], perm[other]] = [perm[other], perm[axis]]
    }
    return shape.length === 0 ? undefined : step(`transpose ${perm}`, [of], (values) => tf.transpose(values[of], perm))
  },
  ({ of, shape, draw }) => {
    if (shape.length === 0) return undefined
    const begin = shape.map((length) => draw(0, length - 1))
    const size = shape.map((length, axis) => draw(1, length - begin[axis]))
    return step(`slice ${size}`, [of], (values) => tf.slice(values[of], begin, size))
  },
  ({ of, shape, draw }) => {
    if (shape.length === 0) return undefined
    const around = shape.map(() => [draw(0, 2), draw(0, 2)])
    return step('pad', [of], (values) => tf.pad(values[of], around, 0.5))
  },
  ({ of, shape, shapes, choice }) => {
    if (shape.length === 0) return undefined
    const axis = choice(axesOf(shape))
    const fits = (other) =>
      other.length === shape.length && other.every((length, i) => i === axis || length === shape[i])
    const other = choice(axesOf(shapes).filter((i) => fits(shapes[i])))
    return step(`concat ${axis}`, [of, other], (values) => tf.concat([values[of], values[other]], axis))
  },
  ({ of, shape, choice }) => {
    if (shape.length === 0) return undefined
    const axes = axesOf(shape).filter(() => choice([true, false]))
    return step(`reverse ${axes}`, [of], (values) => tf.reverse(values[of], axes))
  },
  ({ of, shape, draw }) => {
    if (shape.length === 0) return undefined
    const reps = shape.map(() => draw(1, 2))
    return step(`tile ${reps}`, [of], (values) => tf.tile(values[of], reps))
  },
  ({ of, shape }) =>
    shape.length < 2 ? undefined : step('flatten', [of], (values) => tf.reshape(values[of], [shape[0], -1])),
  ({ of, shape, draw }) => {
    if (shape.length < 2) return undefined
    const factor = [shape[shape.length - 1], draw(1, 4)]
    if (shape.length !== 2) return undefined
    return step('matMul', [of], (values) => tf.matMul(values[of], weights(factor)))
  },
  ({ of, shape, choice, draw }) => {
    if (shape.length === 0) return undefined
    const axis = choice(axesOf(shape))
    const indices = Array.from({ length: draw(1, 4) }, () => draw(0, shape[axis] - 1))
    return step(`gather ${axis}`, [of], (values) => tf.gather(values[of], tf.tensor1d(indices, 'int32'), axis))
  },
  ({ of, shape }) =>
    shape.length === 0 ? undefined : step('cumsum', [of], (values) => tf.cumsum(values[of], shape.length - 1)),
  ({ of, shape, choice }) => {
    if (shape.length === 0) return undefined
    const [axis, exclusive, reverse] = [choice(axesOf(shape)), choice([true, false]), choice([true, false])]
    return step(`cumprod ${axis}`, [of], (values) => tf.cumprod(values[of], axis, exclusive, reverse), false)
  },
  ({ of, shape }) =>
    step('where', [of], (values) => {
      const condition = tf.greater(tf.reshape(weights([...shape, 1]), shape), 0)
      return tf.where(condition, values[of], tf.zerosLike(values[of]))
    }),
  ({ of, shape, choice }) => {
    if (shape.length === 0) return undefined
    const axis = choice(axesOf(shape))
    // Rounded first: a maximum decided by the last digit could be another.
    const rounded = (x) => tf.round(tf.mul(x, 4))
    return step(`argMax ${axis}`, [of], (values) => tf.cast(tf.argMax(rounded(values[of]), axis), 'float32'), false)
  },
]
