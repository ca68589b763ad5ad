import '@tensorflow/tfjs-backend-cpu'
import '@tensorflow/tfjs-layers' // registers the gradients of tfjs
import { opCases } from '@pixelwise/testing'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, test } from 'vitest'
import { trace } from '../trace/trace.js'
import { removeDuplicates } from './common-subexpressions.js'
import { foldConstants } from './constant-folding.js'
import type { KernelGraph } from './kernel-graph.js'
import { optimise } from './optimise.js'
import { replay } from './replay.js'

beforeAll(() => tf.setBackend('cpu'))

const kernels = (graph: KernelGraph) => graph.nodes.map(({ kernel }) => kernel)
const one = [{ shape: [3] }]

test('equal computations are shared, also of shared ones, and copies are no computation', () => {
  const run = (x: tf.Tensor) => [tf.exp(tf.sin(x)), tf.exp(tf.sin(tf.clone(x)))]
  const graph = removeDuplicates(trace(run, one).graph)
  expect(kernels(graph)).toEqual(['Sin', 'Exp'])
  expect(graph.outputs[0]).toBe(graph.outputs[1])
})

test('other attributes make another computation, even where JSON cannot tell them apart', () => {
  const pads = [0, -0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN, Number.NaN]
  const { graph } = trace((x) => pads.map((value) => tf.pad(x, [[1, 0]], value)), one)
  expect(removeDuplicates(graph).nodes).toHaveLength(5)
})

test('what depends on constants alone is computed at once', () => {
  const { graph } = trace((x) => tf.mul(x, tf.sum(tf.range(0, 4, 1))), one)
  const folded = foldConstants(graph)
  expect(kernels(graph)).toEqual(['Range', 'Sum', 'Multiply'])
  expect(kernels(folded)).toEqual(['Multiply'])
  expect(folded.constants.map(({ data }) => data)).toContainEqual(Float32Array.of(6))
})

test('a constant is stored in the type of its tensor, also where a backend casts without copying', () => {
  const { graph } = trace((x) => tf.mul(x, tf.cast(tf.tensor1d([true, false, true], 'bool'), 'float32')), one)
  expect(foldConstants(graph).constants.map(({ data }) => data)).toContainEqual(Float32Array.of(1, 0, 1))
})

test('large results are left to the run', () => {
  const { graph } = trace((x) => tf.mul(x, tf.tile(tf.tensor1d([1, 2]), [40000])), [{ shape: [80000] }])
  expect(kernels(foldConstants(graph))).toEqual(['Tile', 'Multiply'])
})

describe('an optimised graph computes the same', () => {
  test.each(opCases)('$name', (each) => {
    const names = Object.keys(each.inputs)
    const args = names.map((name) => {
      const { values, shape, dtype } = each.inputs[name]
      return tf.tensor([...values], [...shape], dtype)
    })
    const { graph, captured } = trace(
      (...values) => each.run(Object.fromEntries(names.map((name, i) => [name, values[i]]))),
      args.map(({ shape, dtype }) => ({ shape, dtype: dtype as 'float32' })),
    )
    const feeds = new Map(captured)
    for (const [i, { value }] of graph.inputs.entries()) feeds.set(value, args[i])
    const [before] = replay(graph, feeds).outputs
    const [after] = replay(optimise(graph), feeds).outputs
    expect([after.shape, after.dtype]).toEqual([before.shape, before.dtype])
    // What is gathered in one kernel may be added up in another order.
    const numbers = after.dataSync()
    for (const [i, value] of before.dataSync().entries()) expect(Math.abs(numbers[i] - value)).toBeLessThan(1e-6)
    tf.dispose([args, before, after])
  })
})
