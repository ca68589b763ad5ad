import { inputsOf, type KernelGraph, resultsOf, type ValueId } from './kernel-graph.js'

/** Leaves out kernels and constants that no result depends on. All inputs stay. */
export function removeUnused(graph: KernelGraph): KernelGraph {
  const needed = new Set<ValueId>(resultsOf(graph))
  const nodes = [...graph.nodes].reverse().filter((node) => {
    const isNeeded = node.outputs.some((output) => needed.has(output))
    if (isNeeded) for (const input of inputsOf(node)) needed.add(input)
    return isNeeded
  })
  return {
    ...graph,
    nodes: nodes.reverse(),
    constants: graph.constants.filter(({ value }) => needed.has(value)),
  }
}
