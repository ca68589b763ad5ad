import { expect, test } from 'vitest'
import type { OnnxGraph, OnnxNode } from './onnx-graph.js'
import { orderResults } from './order-results.js'

const node = (name: string, inputs: string[]): OnnxNode => ({
  ...{ operator: 'Add', name, inputs, outputs: [name], attributes: {} },
})

/** A net of three layers, its loss, and its backward pass as tfjs records it. */
const backward: OnnxGraph = {
  name: 'step',
  inputs: [],
  initializers: [],
  outputs: ['loss', 'dw1', 'dw2', 'dw3'].map((name) => ({ name, shape: [], type: 'float32' })),
  nodes: [
    node('y1', ['x']),
    node('y2', ['y1']),
    node('y3', ['y2']),
    node('exp', ['y3']),
    node('loss', ['exp']),
    node('dy3', ['y3']),
    node('tiles3', ['dy3', 'y2']),
    node('dw3', ['tiles3']),
    node('dy2', ['dy3']),
    node('tiles2', ['dy2', 'y1']),
    node('dw2', ['tiles2']),
    node('dy1', ['dy2']),
    node('dw1', ['dy1', 'x']),
  ],
}

test('what is ready last comes first, with the nodes that it alone reads', () => {
  const names = orderResults(backward).nodes.map(({ name }) => name)
  expect(names).toEqual([
    ...['y1', 'y2', 'y3', 'dy3', 'dy2'],
    ...['dy1', 'dw1'],
    ...['tiles2', 'dw2'],
    ...['tiles3', 'dw3'],
    ...['exp', 'loss'],
  ])
})

test('every node still follows what it reads', () => {
  const known = new Set(['x'])
  for (const { inputs, outputs } of orderResults(backward).nodes) {
    expect(inputs.filter((name) => !known.has(name))).toEqual([])
    for (const output of outputs) known.add(output)
  }
  expect(known.size).toBe(backward.nodes.length + 1)
})
