import '@tensorflow/tfjs-backend-cpu'
import '@tensorflow/tfjs-layers' // registers the gradients of tfjs
import { opCases, type StoredArray } from '@pixelwise/testing'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, test } from 'vitest'
import { replay } from '../graph/replay.js'
import { type TensorSignature, trace } from './trace.js'

beforeAll(() => tf.setBackend('cpu'))

const tensorOf = ({ values, shape, dtype }: StoredArray) => tf.tensor([...values], [...shape], dtype)

/** Replaying must give the very numbers of running eagerly: the same kernels run in the same order. */
function expectReplayEqualsEager(
  run: (...args: tf.Tensor[]) => tf.Tensor | tf.Tensor[],
  args: readonly tf.Tensor[],
): void {
  const signatures = args.map(({ shape, dtype }): TensorSignature => ({ shape, dtype: dtype as 'float32' | 'int32' }))
  const { graph, captured } = trace(run, signatures)
  const feeds = new Map(captured)
  for (const [i, { value }] of graph.inputs.filter(({ kind }) => kind === 'argument').entries())
    feeds.set(value, args[i])
  const { outputs } = replay(graph, feeds)
  const expected = [tf.tidy(() => run(...args))].flat()
  expect(outputs.map(({ shape, dtype }) => [shape, dtype])).toEqual(expected.map(({ shape, dtype }) => [shape, dtype]))
  for (const [i, output] of outputs.entries()) expect(output.dataSync()).toEqual(expected[i].dataSync())
  tf.dispose([outputs, expected])
}

describe('replaying a trace equals running eagerly', () => {
  test.each(opCases)('$name', (each) => {
    const names = Object.keys(each.inputs)
    const args = names.map((name) => tensorOf(each.inputs[name]))
    const named = (values: tf.Tensor[]) => Object.fromEntries(names.map((name, i) => [name, values[i]]))
    expectReplayEqualsEager((...values) => each.run(named(values)), args)
    const learning = Object.keys(each.gradients)
    if (learning.length === 0) return
    const upstream = tensorOf(each.upstream ?? each.output)
    expectReplayEqualsEager((...values) => {
      const inputs = named(values)
      const loss = (...replaced: tf.Tensor[]) =>
        tf.sum(
          tf.mul(
            each.run({ ...inputs, ...Object.fromEntries(learning.map((name, i) => [name, replaced[i]])) }),
            upstream,
          ),
        )
      return tf.grads(loss)(learning.map((name) => inputs[name]))
    }, args)
    tf.dispose([args, upstream])
  })
})
