import * as ort from 'onnxruntime-node'
import { expect, test } from 'vitest'
import { encodeModel } from '../onnx/encode-model.js'
import type { OnnxGraph, OnnxNode } from '../onnx/onnx-graph.js'
import { evaluate, type SizeExpression } from './size-expression.js'
import { SizeWriter } from './size-writer.js'

const length = (axis: number) => ({ value: 'x', axis })

const expressions: SizeExpression[] = [
  { terms: [], plus: 7, divisor: 1 },
  { terms: [{ factor: 1, lengths: [length(0)] }], plus: 0, divisor: 1 },
  { terms: [{ factor: 3, lengths: [length(0), length(1)] }], plus: -4, divisor: 1 },
  { terms: [{ factor: 1, lengths: [length(0)] }], plus: -5, divisor: 2 },
  { terms: [{ factor: 1, lengths: [length(1)] }], plus: 3, divisor: 4 },
  {
    terms: [
      { factor: 1, lengths: [length(0)] },
      { factor: -1, lengths: [length(1)] },
    ],
    plus: 0,
    divisor: 2,
  },
]

/** A graph whose one output is the list of these numbers for an input of the name given. */
function graphOf(elements: readonly SizeExpression[], input: string): OnnxGraph {
  const nodes: OnnxNode[] = []
  const writer = new SizeWriter(nodes, new Set([input]))
  const list = writer.list(elements)
  const inputs = [{ name: input, shape: ['height', 'width'], type: 'float32' as const }]
  const outputs = [{ name: list, shape: [elements.length], type: 'int64' as const }]
  return { name: 'sizes', inputs, outputs, initializers: writer.constants, nodes }
}

test('the nodes compute what the expressions say, negative numbers too', async () => {
  const graph = graphOf(expressions, 'x')
  const session = await ort.InferenceSession.create(encodeModel(graph))
  for (const shape of [
    [2, 7],
    [9, 4],
    [5, 5],
  ]) {
    const x = new ort.Tensor('float32', new Float32Array(shape[0] * shape[1]), shape)
    const { data } = (await session.run({ x }))[graph.outputs[0].name]
    expect(Array.from(data as BigInt64Array, Number)).toEqual(
      expressions.map((expression) => evaluate(expression, ({ axis }) => shape[axis])),
    )
  }
})

test('an input may be called as one of the numbers', () => {
  const { initializers } = graphOf([{ terms: [], plus: 7, divisor: 1 }], 'size/7')
  expect(initializers.map(({ name }) => name)).toEqual(['size/7_1'])
})
