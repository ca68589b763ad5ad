import { inputsOf, type KernelGraph, type KernelNode, resultsOf, type ValueId } from './kernel-graph.js'

/** Kernels whose windows may reach beyond the map, and whether cells of a value count as what they find there. */
const windows: Readonly<Record<string, (fill: number) => boolean>> = {
  Conv2D: (fill) => fill === 0,
  FusedConv2D: (fill) => fill === 0,
  MaxPool: (fill) => fill <= -3.4028234663852886e38, // the most negative float32 never wins a maximum
}

/**
 * Lets convolutions and maximum poolings reach beyond the map themselves, where cells were laid around it only for them:
 * this saves a copy of the map.
 */
export function absorbPadding(graph: KernelGraph): KernelGraph {
  const paddings = new Map(graph.nodes.filter(isAround).map((node) => [node.outputs[0], node]))
  const kept = new Set<ValueId>(resultsOf(graph))
  for (const node of graph.nodes) {
    for (const input of inputsOf(node)) {
      const padding = paddings.get(input)
      if (padding !== undefined && !reachesOver(node, padding)) kept.add(input)
    }
  }
  const nodes = graph.nodes.map((node) => {
    const padding = paddings.get(node.inputs.x)
    if (padding === undefined || kept.has(node.inputs.x)) return node
    const { paddings: cells } = padding.attributes
    return {
      ...node,
      inputs: { ...node.inputs, x: padding.inputs.x },
      attributes: { ...node.attributes, pad: cells, dimRoundingMode: 'floor' },
    }
  })
  return { ...graph, nodes }
}

/** A PadV2 of rows and columns alone. */
function isAround({ kernel, attributes }: KernelNode): boolean {
  if (kernel !== 'PadV2') return false
  const cells = attributes.paddings as readonly (readonly number[])[]
  return cells.length === 4 && [...cells[0], ...cells[3]].every((count) => count === 0)
}

function reachesOver({ kernel, inputs, attributes }: KernelNode, padding: KernelNode): boolean {
  const accepts = Object.hasOwn(windows, kernel) ? windows[kernel] : undefined
  if (accepts === undefined || attributes.pad !== 'valid') return false
  const uses = Object.values(inputs).filter((input) => input === padding.outputs[0])
  return uses.length === 1 && inputs.x === padding.outputs[0] && accepts(Number(padding.attributes.constantValue))
}
