import { nearestName, PixelwiseError } from '@pixelwise/masks/shared'

/** One layer of a net as pictures of it need it. */
export interface GraphNode {
  readonly id: string
  /** The kind of layer: `Conv2D`. */
  readonly type: string
  /** What is written in the box; the id unless told. */
  readonly label?: string
  /** Its output: `64 × 112 × 112`. */
  readonly shape?: string
  /** The ids of the layers it takes its inputs from. */
  readonly inputs: readonly string[]
}

/** A net as plain data, ready to be stored as JSON. */
export interface ModelGraph {
  readonly nodes: readonly {
    readonly id: string
    readonly type: string
    readonly label: string
    readonly shape?: string
  }[]
  readonly edges: readonly { readonly from: string; readonly to: string }[]
}

/**
 * The graph of a net: its nodes with every input before its user, and its edges.
 *
 * Throws `visuals/duplicate-node`, `visuals/unknown-input` and `visuals/cyclic-graph`.
 *
 * @example
 * JSON.stringify(modelGraph([{ id: 'image', type: 'Input', inputs: [] }, { id: 'conv1', type: 'Conv2D', inputs: ['image'] }]))
 */
export function modelGraph(nodes: readonly GraphNode[]): ModelGraph {
  const sorted = inOrder(nodes)
  return {
    nodes: sorted.map(({ id, type, label, shape }) => ({
      id,
      type,
      label: label ?? id,
      ...(shape !== undefined && { shape }),
    })),
    edges: sorted.flatMap(({ id, inputs }) => inputs.map((from) => ({ from, to: id }))),
  }
}

/** Nodes so that every input stands before its user; a list that is so already keeps its order. */
function inOrder(nodes: readonly GraphNode[]): GraphNode[] {
  const byId = indexed(nodes)
  const sorted = new Set<GraphNode>()
  const path = new Set<GraphNode>()
  const visit = (node: GraphNode) => {
    if (sorted.has(node)) return
    if (path.has(node)) throwCycle([...path].slice([...path].indexOf(node)))
    path.add(node)
    for (const input of node.inputs) visit(known(byId, input, node.id))
    path.delete(node)
    sorted.add(node)
  }
  nodes.forEach(visit)
  return [...sorted]
}

function indexed(nodes: readonly GraphNode[]): Map<string, GraphNode> {
  const byId = new Map<string, GraphNode>()
  for (const node of nodes) {
    if (byId.has(node.id)) {
      throw new PixelwiseError('visuals/duplicate-node', {
        what: `two nodes are called "${node.id}"`,
        rule: 'an id stands for one node',
        next: 'number the ids',
      })
    }
    byId.set(node.id, node)
  }
  return byId
}

function known(byId: Map<string, GraphNode>, id: string, user: string): GraphNode {
  const found = byId.get(id)
  if (found !== undefined) return found
  const near = nearestName(id, byId.keys())
  throw new PixelwiseError('visuals/unknown-input', {
    what: `node "${user}" takes its input from "${id}"`,
    rule: 'every input is a node of the graph',
    next: near === undefined ? `add a node "${id}"` : `did you mean "${near}"?`,
  })
}

function throwCycle(circle: readonly GraphNode[]): never {
  throw new PixelwiseError('visuals/cyclic-graph', {
    what: `nodes ${circle.map(({ id }) => id).join(', ')} wait for each other`,
    rule: 'a net runs from its inputs to its outputs without circles',
    next: 'check the inputs of these nodes',
  })
}
