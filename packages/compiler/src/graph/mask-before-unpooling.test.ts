import '@tensorflow/tfjs-backend-cpu'
import '@tensorflow/tfjs-layers' // registers the gradients of tfjs
import { seededTensor } from '@pixelwise/testing'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, expect, test } from 'vitest'
import { trace } from '../trace/trace.js'
import type { KernelGraph } from './kernel-graph.js'
import { maskBeforeUnpooling } from './mask-before-unpooling.js'
import { optimise } from './optimise.js'
import { replay } from './replay.js'

beforeAll(() => tf.setBackend('cpu'))

type Compute = (x: tf.Tensor4D) => tf.Tensor
const shape = [2, 7, 8, 3]
const pooled = (x: tf.Tensor, size: number) => tf.maxPool(x as tf.Tensor4D, size, 2, 'valid')
const gradient = (loss: Compute): Compute => tf.grad((x) => tf.sum(tf.square(loss(x as tf.Tensor4D))))

/** The map that the steps of the gradients are taken of. */
function steps(compute: Compute): { steps: string[]; graph: KernelGraph } {
  const { graph } = trace((x) => compute(x as tf.Tensor4D), [{ shape }])
  const optimised = optimise(graph)
  for (const x of [seededTensor(shape, 'x'), tf.zeros(shape), tf.sign(seededTensor(shape, 'ties'))]) {
    const [actual] = replay(optimised, new Map([[optimised.inputs[0].value, x]])).outputs
    expect(actual.dataSync()).toEqual(compute(x as tf.Tensor4D).dataSync())
  }
  const taken = optimised.nodes.filter(({ kernel }) => kernel === 'Step')
  return { steps: taken.map(({ inputs }) => `${optimised.values[inputs.x].shape}`), graph: optimised }
}

test.each([2, 3])('the gradient of a ReLU concerns the maxima of windows of %d cells behind it alone', (size) => {
  const found = steps(gradient((x) => pooled(tf.relu(x), size)))
  expect(found.steps).toEqual([`${pooled(tf.zeros(shape), size).shape}`])
  expect(found.graph.nodes.at(-1)?.kernel).toBe('MaxPoolGrad')
})

test('it concerns the whole map where something else than a pooling reads it', () => {
  const skip = (x: tf.Tensor4D) => {
    const map = tf.relu(x)
    return tf.add(tf.sum(tf.square(pooled(map, 2))), tf.sum(tf.sin(map)))
  }
  expect(steps(gradient(skip)).steps).toEqual([`${shape}`])
})

test('a result stays one', () => {
  const { graph } = trace(
    (x) => {
      const map = tf.relu(x)
      const unpooled = tf.grad((each) => tf.sum(pooled(each, 2)))(map)
      return [unpooled, tf.mul(unpooled, tf.step(map))]
    },
    [{ shape }],
  )
  expect(maskBeforeUnpooling(graph).nodes).toEqual(graph.nodes)
})
