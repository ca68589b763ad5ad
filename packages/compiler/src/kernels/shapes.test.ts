import '@tensorflow/tfjs-backend-cpu'
import '@tensorflow/tfjs-layers' // registers the gradients of tfjs
import * as tf from '@tensorflow/tfjs-core'
import { type Draw, kernelTests, type NamedKernelCase } from '../../test-support/kernel-tests.js'
import { shapeKernels } from './shapes.js'

const map = [2, 5, 6, 3]

const cases: NamedKernelCase[] = [
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
]

const cells = (draw: Draw, rank: number, most: number) =>
  Array.from({ length: rank }, () => [draw.whole(0, most), draw.whole(0, most)] as [number, number])

const random = {
  'slices, reversed and repeated': (draw: Draw) => {
    const shape = draw.shape(draw.whole(1, 4))
    const begin = shape.map((length) => draw.whole(0, length - 1))
    const size = shape.map((length, axis) => draw.of([-1, draw.whole(1, length - begin[axis])]))
    const [axes, reps] = [draw.axes(shape.length), shape.map(() => draw.whole(1, 3))]
    return {
      inputs: [shape],
      run: (x: tf.Tensor) => [tf.slice(x, begin, size), tf.reverse(x, axes), tf.tile(x, reps)],
      gradients: [0],
    }
  },
  'strided slices': (draw: Draw) => {
    const shape = draw.shape(draw.whole(1, 4))
    const strides = shape.map(() => draw.of([1, 2, 3, -1, -2]))
    const begin = shape.map((length, axis) => (strides[axis] > 0 ? draw.whole(0, length - 1) : length - 1))
    const end = shape.map((length, axis) => (strides[axis] > 0 ? length : -length - 1))
    return { inputs: [shape], run: (x: tf.Tensor) => tf.stridedSlice(x, begin, end, strides) }
  },
  'padding of all kinds': (draw: Draw) => {
    const shape = draw.shape(draw.whole(1, 4)).map((length) => length + 2)
    const around = cells(draw, shape.length, 3)
    return {
      inputs: [shape],
      run: (x: tf.Tensor) => tf.pad(x, around, 0.25),
      gradients: [0],
    }
  },
  'mirrors, with and without the edge': (draw: Draw) => {
    const shape = draw.shape(draw.whole(1, 4)).map((length) => length + 2)
    const around = cells(draw, shape.length, 2)
    return {
      inputs: [shape],
      run: (x: tf.Tensor) => [tf.mirrorPad(x, around, 'reflect'), tf.mirrorPad(x, around, 'symmetric')],
    }
  },
  'concatenation and its parts': (draw: Draw) => {
    const shape = draw.shape(draw.whole(1, 4))
    const axis = draw.whole(0, shape.length - 1)
    const other = shape.map((length, i) => (i === axis ? draw.whole(1, 4) : length))
    return {
      inputs: [shape, other],
      run: (a: tf.Tensor, b: tf.Tensor) => {
        const whole = tf.concat([a, b, a], axis)
        return [whole, ...tf.split(whole, [shape[axis], other[axis], shape[axis]], axis)]
      },
      gradients: [0, 1],
    }
  },
  'transposes, stacks and other shapes': (draw: Draw) => {
    const shape = draw.shape(draw.whole(1, 4))
    const perm = draw.shuffled(shape.map((_, axis) => axis))
    const axis = draw.whole(0, shape.length)
    return {
      inputs: [shape, shape],
      run: (a: tf.Tensor, b: tf.Tensor) => [
        tf.transpose(a, perm),
        tf.stack([a, b], axis),
        tf.reshape(b, [-1]),
        tf.expandDims(a, axis),
      ],
      gradients: [0, 1],
    }
  },
  'blocks of cells and of channels': (draw: Draw) => {
    const [block, batch, height, width, channels] = [
      draw.whole(2, 3),
      draw.whole(1, 2),
      draw.whole(1, 3),
      draw.whole(1, 3),
      draw.whole(1, 2),
    ]
    const depth = channels * block * block
    const [below, left] = [draw.whole(0, block - 1), draw.whole(0, block - 1)]
    return {
      inputs: [
        [batch, height * block, width * block, channels],
        [batch, height, width, depth],
        [batch * block * block, height, width, channels],
      ],
      run: (a: tf.Tensor4D, b: tf.Tensor4D, c: tf.Tensor4D) => [
        tf.spaceToBatchND(
          a,
          [block, block],
          [
            [0, 0],
            [0, 0],
          ],
        ),
        tf.batchToSpaceND(
          c,
          [block, block],
          [
            [0, below],
            [left, 0],
          ],
        ),
        tf.depthToSpace(b, block),
        tf.image.flipLeftRight(a),
      ],
    }
  },
  broadcasting: (draw: Draw) => {
    const shape = draw.shape(draw.whole(1, 4))
    return {
      inputs: [shape.map((length) => draw.of([1, length]))],
      run: (x: tf.Tensor) => tf.broadcastTo(x, shape),
      gradients: [0],
    }
  },
}

kernelTests(shapeKernels, cases, random)
