import type { KernelGraph, KernelNode, ValueId } from './kernel-graph.js'

/** Shares equal computations: the same kernel of the same values with the same attributes, and mere copies. */
export function removeDuplicates(graph: KernelGraph): KernelGraph {
  const sameAs = new Map<ValueId, ValueId>()
  const first = (value: ValueId): ValueId => sameAs.get(value) ?? value
  const seen = new Map<string, KernelNode>()
  const nodes: KernelNode[] = []
  for (const original of graph.nodes) {
    const inputs = Object.fromEntries(Object.entries(original.inputs).map(([name, value]) => [name, first(value)]))
    const node = { ...original, inputs }
    if (isCopy(node, graph)) {
      sameAs.set(node.outputs[0], Object.values(inputs)[0])
      continue
    }
    const key = keyOf(node)
    const known = seen.get(key)
    if (known === undefined) {
      seen.set(key, node)
      nodes.push(node)
    } else for (const [i, output] of node.outputs.entries()) sameAs.set(output, known.outputs[i])
  }
  return {
    ...graph,
    nodes,
    outputs: graph.outputs.map(first),
    assignments: graph.assignments.map(({ variable, value }) => ({ variable, value: first(value) })),
  }
}

/** Whether a kernel gives its input unchanged: nobody writes into tensors, so a copy is the thing itself. */
function isCopy({ kernel, inputs, outputs }: KernelNode, { values }: KernelGraph): boolean {
  if (kernel === 'Identity') return true
  if (kernel !== 'Reshape' && kernel !== 'Cast') return false
  const [before, after] = [values[inputs.x], values[outputs[0]]]
  return before.dtype === after.dtype && `${before.shape}` === `${after.shape}`
}

function keyOf({ kernel, inputs, attributes }: KernelNode): string {
  return JSON.stringify([kernel, Object.entries(inputs), Object.entries(attributes)], (_, value) =>
    typeof value === 'number' && !(Number.isFinite(value) && !Object.is(value, -0)) ? describe(value) : value,
  )
}

/** JSON writes NaN, both infinities and −0 as other numbers or null. */
function describe(value: number): string {
  return Object.is(value, -0) ? 'number -0' : `number ${value}`
}
