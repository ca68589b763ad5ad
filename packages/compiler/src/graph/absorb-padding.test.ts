import '@tensorflow/tfjs-backend-cpu'
import '@tensorflow/tfjs-layers' // registers the gradients of tfjs
import { seededTensor } from '@pixelwise/testing'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, test } from 'vitest'
import { relativeDifference } from '../../test-support/relative-difference.js'
import { trace } from '../trace/trace.js'
import { optimise } from './optimise.js'
import { replay } from './replay.js'

beforeAll(() => tf.setBackend('cpu'))

const around: [number, number][] = [
  [0, 0],
  [2, 1],
  [0, 3],
  [0, 0],
]
const lowest = -3.4028234663852886e38

function kernelsAfter(run: (x: tf.Tensor4D) => tf.Tensor): string[] {
  const { graph } = trace((x) => run(x as tf.Tensor4D), [{ shape: [1, 6, 7, 2] }])
  const smaller = optimise(graph)
  const x = seededTensor([1, 6, 7, 2], 'x')
  const [actual] = replay(smaller, new Map([[smaller.inputs[0].value, x]])).outputs
  expect(relativeDifference(actual, run(x as tf.Tensor4D))).toBeLessThan(1e-6)
  return smaller.nodes.map(({ kernel }) => kernel)
}

const filter = () => tf.ones([3, 3, 2, 4]) as tf.Tensor4D

describe('padding', () => {
  test('becomes a part of the convolution or the pooling that alone reads it', () => {
    expect(kernelsAfter((x) => tf.conv2d(tf.pad(x, around), filter(), [2, 1], 'valid'))).toEqual(['Conv2D'])
    expect(kernelsAfter((x) => tf.maxPool(tf.pad(x, around, lowest), 3, 2, 'valid'))).toEqual(['MaxPool'])
  })

  test('stays where its cells count otherwise, or where something else reads it', () => {
    expect(kernelsAfter((x) => tf.conv2d(tf.pad(x, around, 1), filter(), 1, 'valid'))).toEqual(['PadV2', 'Conv2D'])
    expect(kernelsAfter((x) => tf.maxPool(tf.pad(x, around), 3, 2, 'valid'))).toEqual(['PadV2', 'MaxPool'])
    expect(
      kernelsAfter((x) => {
        const padded = tf.pad(x, around)
        return tf.add(tf.sum(tf.conv2d(padded, filter(), 1, 'valid')), tf.sum(padded))
      }),
    ).toContain('PadV2')
  })

  test('becomes a part of a pooling and its gradient, unless that of the cells around is read', () => {
    const gradient = (fill: number) => (x: tf.Tensor4D) =>
      tf.grad((map) => tf.sum(tf.square(tf.maxPool(tf.pad(map as tf.Tensor4D, around, fill), 3, 2, 'valid'))))(x)
    expect(kernelsAfter(gradient(lowest))).toEqual(expect.arrayContaining(['MaxPool', 'MaxPoolGrad']))
    expect(kernelsAfter(gradient(lowest))).not.toEqual(expect.arrayContaining(['PadV2']))
    expect(kernelsAfter(gradient(lowest))).not.toEqual(expect.arrayContaining(['Slice']))
    expect(kernelsAfter(gradient(0))).toEqual(expect.arrayContaining(['PadV2', 'Slice']))
    expect(
      kernelsAfter((x) =>
        tf.grad((padded) => tf.sum(tf.square(tf.maxPool(padded as tf.Tensor4D, 3, 2, 'valid'))))(
          tf.pad(x, around, lowest),
        ),
      ),
    ).toContain('PadV2')
  })
})
