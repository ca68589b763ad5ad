import { expect, test } from 'vitest'
import { layeredLayout } from './layered-layout.js'
import { type GraphNode, modelGraph } from './model-graph.js'
import { modelGraphSvg } from './model-graph-svg.js'

const skip: GraphNode[] = [
  { id: 'image', type: 'InputLayer', shape: 'H × W × 3', inputs: [] },
  { id: 'conv', type: 'Conv2D', inputs: ['image'] },
  { id: 'pool', type: 'MaxPooling2D', inputs: ['conv'] },
  { id: 'up', type: 'Conv2DTranspose', inputs: ['pool'] },
  { id: 'fuse', type: 'Add', label: 'fuse & add', inputs: ['up', 'conv'] },
]

test('is plain data: labels filled in, edges from input to user, JSON round trip', () => {
  const graph = modelGraph(skip)
  expect(graph.nodes[0]).toEqual({ id: 'image', type: 'InputLayer', label: 'image', shape: 'H × W × 3' })
  expect(graph.nodes[4]).toEqual({ id: 'fuse', type: 'Add', label: 'fuse & add' })
  expect(graph.edges.map(({ from, to }) => `${from}→${to}`)).toEqual([
    'image→conv',
    'conv→pool',
    'pool→up',
    'up→fuse',
    'conv→fuse',
  ])
  expect(JSON.parse(JSON.stringify(graph))).toEqual(graph)
})

test('puts inputs before their users and keeps an order that already does', () => {
  expect(modelGraph(skip).nodes.map(({ id }) => id)).toEqual(skip.map(({ id }) => id))
  const ids = modelGraph([...skip].reverse()).nodes.map(({ id }) => id)
  for (const { id, inputs } of skip)
    for (const input of inputs) expect(ids.indexOf(input)).toBeLessThan(ids.indexOf(id))
})

test('boxes of a rank never overlap, and no edge runs through a box', () => {
  const wide: GraphNode[] = [{ id: 'in', type: 'Input', inputs: [] }]
  for (let branch = 0; branch < 6; branch++) {
    let last = 'in'
    for (let depth = 0; depth <= branch % 3; depth++) {
      wide.push({ id: `b${branch}d${depth}`, type: 'Conv2D', inputs: [last] })
      last = `b${branch}d${depth}`
    }
  }
  wide.push({ id: 'out', type: 'Concatenate', inputs: ['b0d0', 'b1d1', 'b2d2', 'b3d0', 'b4d1', 'b5d2', 'in'] })
  const { edges } = modelGraph(wide)
  const { places, routes } = layeredLayout({ nodes: wide.map(({ id }) => ({ id, width: 100 })), edges })
  const boxes = [...places.values()]
  for (const a of boxes) {
    for (const b of boxes) if (a !== b && a.rank === b.rank) expect(Math.abs(a.x - b.x)).toBeGreaterThanOrEqual(100)
    for (const { points } of routes) {
      for (const { x, rank } of points.slice(1, -1)) if (rank === a.rank) expect(Math.abs(x - a.x)).toBeGreaterThan(50)
    }
  }
})

test('ranks are longest paths', () => {
  const { places, ranks } = layeredLayout({
    nodes: skip.map(({ id }) => ({ id, width: 10 })),
    edges: modelGraph(skip).edges,
  })
  expect([...places].map(([id, { rank }]) => `${id} ${rank}`)).toEqual([
    'image 0',
    'conv 1',
    'pool 2',
    'up 3',
    'fuse 4',
  ])
  expect(ranks).toBe(5)
})

test('a chain is drawn in one straight line', () => {
  const chain = skip.slice(0, 4)
  const svg = modelGraphSvg(chain)
  for (const [, d] of svg.matchAll(/<path class="pw-axis" d="([^"]*)"/g)) {
    const [, start, end] = /^M([\d.]+) .* ([\d.]+) [\d.]+$/.exec(d) ?? []
    expect(end).toBe(start)
  }
})

test('the picture names every layer, escaped, and colours families', () => {
  const svg = modelGraphSvg(skip, { title: 'FCN' })
  for (const { id } of skip.slice(0, 4)) expect(svg).toContain(`>${id}</text>`)
  expect(svg).toContain('>fuse &amp; add</text>')
  expect(svg).toContain('aria-label="FCN: graph of 5 layers"')
  expect(svg.match(/<rect class="pw-fill-\d"/g)).toEqual([0, 1, 2, 3].map((i) => `<rect class="pw-fill-${i}"`))
  expect(modelGraphSvg(structuredClone(skip), { title: 'FCN' })).toBe(svg)
})

test('says which input is unknown and what was meant', () => {
  expect(() => modelGraph([...skip, { id: 'score', type: 'Conv2D', inputs: ['fuze'] }])).toThrow(
    'node "score" takes its input from "fuze": every input is a node of the graph; did you mean "fuse"?',
  )
})

test('refuses two nodes of one name, and circles', () => {
  expect(() => modelGraph([...skip, skip[1]])).toThrow(
    'two nodes are called "conv": an id stands for one node; number the ids',
  )
  const circle = [
    { id: 'a', type: 'x', inputs: ['b'] },
    { id: 'b', type: 'x', inputs: ['a'] },
  ]
  expect(() => modelGraph(circle)).toThrow(
    'nodes a, b wait for each other: a net runs from its inputs to its outputs without circles; check the inputs of these nodes',
  )
})
