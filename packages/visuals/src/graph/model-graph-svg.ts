import { type DrawingOptions, drawing, label, textWidth } from '../charts/drawing.js'
import { type Content, coordinate, element } from '../markup/markup.js'
import { type Layout, layeredLayout, type RoutePoint } from './layered-layout.js'
import { type GraphNode, type ModelGraph, modelGraph } from './model-graph.js'

const boxHeight = 40
const rankHeight = 66
const margin = 16

/**
 * A net as a picture, SVG text: one box per layer with its name, kind and output shape, inputs at the top.
 *
 * The strip at a box's left tells its family: convolutions, poolings, upsampling, fusions, crops and pads,
 * normalisations. The width follows from the net. Throws as {@link modelGraph} does.
 */
export function modelGraphSvg(
  nodes: readonly GraphNode[],
  { title = 'Net', standalone }: { title?: string } & Omit<DrawingOptions, 'width'> = {},
): string {
  const graph = modelGraph(nodes)
  const widths = new Map(graph.nodes.map((node) => [node.id, boxWidth(node)]))
  const layout = layeredLayout({
    nodes: graph.nodes.map(({ id }) => ({ id, width: widths.get(id) ?? 0 })),
    edges: graph.edges,
  })
  return drawing(
    {
      width: layout.width + 2 * margin,
      height: (layout.ranks - 1) * rankHeight + boxHeight + 2 * margin,
      standalone,
      label: `${title}: graph of ${graph.nodes.length} layers`,
    },
    layout.routes.map(({ points }) => element('path', { class: 'pw-axis', d: route(points) })),
    graph.nodes.map((node) => box(node, widths.get(node.id) ?? 0, layout)),
  )
}

type Node = ModelGraph['nodes'][number]

function details({ type, shape }: Node): string {
  return shape === undefined ? type : `${type} · ${shape}`
}

function boxWidth(node: Node): number {
  return Math.ceil(Math.max(textWidth(node.label), textWidth(details(node), 10)) + 30)
}

function top(rank: number): number {
  return margin + rank * rankHeight
}

function box(node: Node, width: number, { places }: Layout): Content {
  const { x, rank } = places.get(node.id) ?? { x: 0, rank: 0 }
  const left = margin + x - width / 2
  const family = families.findIndex((pattern) => pattern.test(node.type))
  return element(
    'g',
    {},
    element('title', {}, `${node.label}: ${details(node)}`),
    element('rect', { class: 'pw-box', x: left, y: top(rank), width, height: boxHeight, rx: 4 }),
    element('rect', {
      class: family < 0 ? 'pw-track' : `pw-fill-${familyColours[family]}`,
      x: left + 5,
      y: top(rank) + 6,
      width: 4,
      height: boxHeight - 12,
      rx: 2,
    }),
    label(node.label, left + 17, top(rank) + 17, { kind: 'pw-strong' }),
    label(details(node), left + 17, top(rank) + 31, { kind: 'pw-small pw-quiet' }),
  )
}

/** The first pattern that fits a layer's type says its family. */
const families = [
  /transpose|deconv|upsampl|resize|unpool/i,
  /conv|dense|fullyconnected/i,
  /pool/i,
  /add|concat|merge|multiply|product/i,
  /crop|pad/i,
  /norm|lrn/i,
]
const familyColours = [2, 0, 1, 3, 4, 5]

/** Down through the ranks; the last piece ends above the box it leads to. */
function route(points: readonly RoutePoint[]): string {
  let d = ''
  points.forEach(({ x, rank }, i) => {
    const across = coordinate(margin + x)
    if (i === 0) {
      d = `M${across} ${top(rank) + boxHeight}`
      return
    }
    const from = top(points[i - 1].rank) + boxHeight
    const to = top(rank)
    const half = coordinate((from + to) / 2)
    const before = coordinate(margin + points[i - 1].x)
    d += `C${before} ${half} ${across} ${half} ${across} ${to}`
    if (i < points.length - 1) d += `V${to + boxHeight}`
  })
  return d
}
