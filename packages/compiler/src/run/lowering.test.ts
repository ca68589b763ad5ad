import '@tensorflow/tfjs-backend-cpu'
import '@tensorflow/tfjs-layers' // registers the gradients of tfjs
import { opCases, type StoredArray } from '@pixelwise/testing'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, test } from 'vitest'
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

/** Float32 against float64: the same bound as for the tfjs backends. */
const tolerance = 1e-5

const tensorOf = ({ values, shape, dtype }: StoredArray) => tf.tensor([...values], [...shape], dtype)

async function compiled(
  run: (...args: tf.Tensor[]) => tf.Tensor | tf.Tensor[],
  args: readonly tf.Tensor[],
): Promise<tf.Tensor[]> {
  const traced = trace(
    run,
    args.map(({ shape, dtype }) => ({ shape, dtype: dtype as 'float32' | 'int32' })),
  )
  const session = await GraphSession.create(runtime, traced.graph, lowerGraph(traced.graph), { intraOpNumThreads: 1 })
  const feeds = new Map(traced.captured)
  for (const [i, { value }] of traced.graph.inputs.filter(({ kind }) => kind === 'argument').entries()) {
    feeds.set(value, args[i])
  }
  const { outputs } = await session.run(feeds)
  await session.dispose()
  return outputs
}

function expectClose(what: string, actual: tf.Tensor, expected: StoredArray): void {
  expect([actual.shape, actual.dtype], what).toEqual([expected.shape, expected.dtype])
  const values = actual.dataSync()
  const scale = expected.values.reduce((largest, value) => Math.max(largest, Math.abs(value)), 1)
  const error = expected.values.reduce((largest, value, i) => Math.max(largest, Math.abs(values[i] - value) / scale), 0)
  expect(error, what).toBeLessThanOrEqual(expected.dtype === 'int32' ? 0 : tolerance)
}

describe('every operation of core, compiled, agrees with the oracle', () => {
  test.each(opCases)('$name', async (each) => {
    const names = Object.keys(each.inputs)
    const args = names.map((name) => tensorOf(each.inputs[name]))
    const named = (values: tf.Tensor[]) => Object.fromEntries(names.map((name, i) => [name, values[i]]))
    const [output] = await compiled((...values) => each.run(named(values)), args)
    expectClose('output', output, each.output)
    output.dispose()
    const learning = Object.keys(each.gradients)
    if (learning.length === 0) return
    const upstream = tensorOf(each.upstream ?? each.output)
    const gradients = await compiled((...values) => {
      const inputs = named(values)
      const loss = (...replaced: tf.Tensor[]) => {
        const moved = Object.fromEntries(learning.map((name, i) => [name, replaced[i]]))
        return tf.sum(tf.mul(each.run({ ...inputs, ...moved }), upstream))
      }
      return tf.grads(loss)(learning.map((name) => inputs[name]))
    }, args)
    for (const [i, name] of learning.entries()) expectClose(`gradient of ${name}`, gradients[i], each.gradients[name])
    tf.dispose([args, gradients, upstream])
  })
})
