import '@tensorflow/tfjs-backend-cpu'
import '@tensorflow/tfjs-layers' // registers the gradients of tfjs
import { seededTensor } from '@pixelwise/testing'
import * as tf from '@tensorflow/tfjs-core'
import * as tfl from '@tensorflow/tfjs-layers'
import { beforeAll, expect, test } from 'vitest'
import { trace } from '../trace/trace.js'
import { fuseActivations } from './fuse-activations.js'
import type { KernelGraph } from './kernel-graph.js'
import { optimise } from './optimise.js'
import { replay } from './replay.js'

beforeAll(() => tf.setBackend('cpu'))

const kernels = (graph: KernelGraph) => graph.nodes.map(({ kernel }) => kernel)
const shapes = [{ shape: [1, 5, 6, 2] }, { shape: [3, 3, 2, 4] }, { shape: [4] }]
const convolve = (x: tf.Tensor, filter: tf.Tensor) => tf.conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, 1, 'same')

function expectSame(graph: KernelGraph, fused: KernelGraph): void {
  const feeds = new Map(graph.inputs.map(({ value }, i) => [value, seededTensor(graph.values[value].shape, `${i}`)]))
  const [before, after] = [graph, fused].map((each) => replay(each, feeds).outputs.map((output) => output.dataSync()))
  expect(after).toEqual(before)
}

test('convolution, bias and ReLU are one kernel, also where gradients are asked for', () => {
  const loss = (x: tf.Tensor, filter: tf.Tensor, bias: tf.Tensor) => tf.sum(tf.relu(tf.add(convolve(x, filter), bias)))
  const { graph } = trace(
    (x, filter, bias) => tf.grads((...w: tf.Tensor[]) => loss(x, w[0], w[1]))([filter, bias]),
    shapes,
  )
  const fused = optimise(graph)
  expect(kernels(graph)).toContain('Step')
  expect(kernels(fused).slice(0, 2)).toEqual(['FusedConv2D', 'Step'])
  expect(kernels(fused)).not.toContain('Relu')
  expectSame(graph, fused)
})

test('the bias of a layer is found behind its reshape', () => {
  const layer = tfl.layers.conv2d({ filters: 4, kernelSize: 3, activation: 'relu', biasInitializer: 'glorotNormal' })
  layer.build([null, 5, 6, 2])
  const [filter] = layer.trainableWeights.map((weight) => weight.read() as tf.Variable)
  const { graph } = trace(
    (x) => tf.variableGrads(() => tf.sum(layer.apply(x) as tf.Tensor), [filter]).value,
    [shapes[0]],
  )
  expect(kernels(optimise(graph))).toEqual(['FusedConv2D', 'Sum'])
})

test('what others read as well stays', () => {
  const run = (x: tf.Tensor, filter: tf.Tensor, bias: tf.Tensor) => {
    const scores = convolve(x, filter)
    const moved = tf.add(scores, bias)
    return [tf.relu(moved), scores, tf.neg(moved)]
  }
  const { graph } = trace(run, shapes)
  expect(kernels(fuseActivations(graph))).toEqual(kernels(graph))
})

test('only a number per channel is a bias, and only a plain step is the gradient of ReLU', () => {
  const run = (x: tf.Tensor, filter: tf.Tensor) => {
    const rectified = tf.relu(x)
    return [tf.add(convolve(x, filter), tf.fill([5, 6, 4], 2)), tf.mul(rectified, tf.step(x, 0.5))]
  }
  const { graph } = trace(run, shapes.slice(0, 2))
  expect(kernels(fuseActivations(graph))).toEqual(kernels(graph))
})
