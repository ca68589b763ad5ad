import type { OnnxGraph, OnnxNode } from './onnx-graph.js'

/**
 * The same graph, its results placed so that ONNX Runtime computes first what is ready first.
 *
 * ONNX Runtime orders nodes by itself: it goes through those that nothing reads from the last to the first, and computes
 * before each what it still needs. In the order of a backward pass that is the gradient of the first layer first, and then
 * all layers' maps and gradients lie in memory until their filters' gradients come. Sorted the other way round, each
 * filter's gradient follows its map's, and both are freed.
 */
export function orderResults(graph: OnnxGraph): OnnxGraph {
  const levels = new Map<string, number>()
  for (const node of graph.nodes) {
    const level = 1 + highest(node.inputs, levels)
    for (const output of node.outputs) levels.set(output, level)
  }
  const groups = groupsOf(graph.nodes)
  const grouped = new Set(groups.flatMap((group) => [...group]))
  const shared = graph.nodes.filter((node) => !grouped.has(node))
  const ready = (group: ReadonlySet<OnnxNode>) => {
    const own = new Set([...group].flatMap(({ outputs }) => outputs))
    return highest(
      [...group].flatMap(({ inputs }) => inputs.filter((name) => !own.has(name))),
      levels,
    )
  }
  const results = groups.map((group) => ({ group, level: ready(group) })).sort((a, b) => b.level - a.level)
  // A group was filled from its end to its beginning.
  return { ...graph, nodes: [...shared, ...results.flatMap(({ group }) => [...group].reverse())] }
}

/** For every node that nothing reads: it, and the nodes that are read for it alone. */
function groupsOf(nodes: readonly OnnxNode[]): Set<OnnxNode>[] {
  const groups: Set<OnnxNode>[] = []
  const readers = new Map<string, Set<Set<OnnxNode> | undefined>>()
  for (const node of [...nodes].reverse()) {
    const reading = new Set(node.outputs.flatMap((name) => [...(readers.get(name) ?? [])]))
    let group = reading.size === 1 ? [...reading][0] : undefined
    if (reading.size === 0) {
      group = new Set()
      groups.push(group)
    }
    group?.add(node)
    for (const name of node.inputs) readers.set(name, new Set([...(readers.get(name) ?? []), group]))
  }
  return groups
}

function highest(names: readonly string[], levels: ReadonlyMap<string, number>): number {
  return names.reduce((most, name) => Math.max(most, levels.get(name) ?? 0), 0)
}
