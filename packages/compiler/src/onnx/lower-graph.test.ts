import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import * as ort from 'onnxruntime-node'
import { beforeAll, expect, test } from 'vitest'
import { trace } from '../trace/trace.js'
import { encodeModel } from './encode-model.js'
import { lowerGraph } from './lower-graph.js'

beforeAll(() => tf.setBackend('cpu'))

function clipped({ input, output }: { readonly input: string; readonly output: string }) {
  const { graph } = trace((x) => tf.clipByValue(tf.add(x, 1), 0, 6), [{ shape: [2], name: input }])
  return lowerGraph(graph, { outputNames: [output] }).onnx
}

test('inputs and outputs may be called as our own values are', async () => {
  const { initializers, nodes } = clipped({ input: 'x', output: 'y' })
  const own = [...initializers.map(({ name }) => name), ...nodes.flatMap(({ outputs }) => outputs)]
  for (const name of own.filter((each) => each !== 'y')) {
    for (const names of [
      { input: name, output: 'y' },
      { input: 'x', output: name },
    ]) {
      const session = await ort.InferenceSession.create(encodeModel(clipped(names)))
      expect({ input: session.inputNames[0], output: session.outputNames[0] }).toEqual(names)
      const result = await session.run({ [names.input]: new ort.Tensor('float32', [-3, 9], [2]) })
      expect([...(result[names.output].data as Float32Array)]).toEqual([0, 6])
    }
  }
})

test.each([
  ['Add', 'bool', (x: tf.Tensor) => tf.add(x, x)],
  ['Max', 'bool', (x: tf.Tensor) => tf.max(x)],
  ['Exp', 'int32', (x: tf.Tensor) => tf.exp(x)],
] as const)('kernel %s is refused by name where ONNX has no such operator of type %s', (kernel, dtype, run) => {
  const { graph } = trace(run, [{ shape: [2], dtype }])
  expect(() => lowerGraph(graph)).toThrow(
    `the tfjs kernel "${kernel}" with inputs of type ${dtype} cannot be compiled: every kernel needs a lowering to ONNX;`,
  )
})
