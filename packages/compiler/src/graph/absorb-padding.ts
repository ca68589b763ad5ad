import { inputsOf, type KernelGraph, type KernelNode, resultsOf, type ValueId } from './kernel-graph.js'

/** The most negative float32 never wins a maximum. */
const neverWins = (fill: number) => fill <= -3.4028234663852886e38

/**
 * Kernels whose windows may reach beyond the map, the input that is the map, and whether cells of a value count as what
 * they find there.
 */
const windows: Readonly<Record<string, { readonly map: string; readonly ignores: (fill: number) => boolean }>> = {
  Conv2D: { map: 'x', ignores: (fill) => fill === 0 },
  FusedConv2D: { map: 'x', ignores: (fill) => fill === 0 },
  MaxPool: { map: 'x', ignores: neverWins },
  MaxPoolGrad: { map: 'input', ignores: neverWins },
}

/**
 * Lets convolutions and maximum poolings reach beyond the map themselves, where cells were laid around it only for them:
 * this saves a copy of the map. So does the gradient of the pooling, where nobody reads those of the cells around.
 */
export function absorbPadding(graph: KernelGraph): KernelGraph {
  const paddings = new Map(graph.nodes.filter(isAround).map((node) => [node.outputs[0], node]))
  const flow = flowOf(graph)
  const absorbed = new Map([...paddings].filter(([, padding]) => isAbsorbed(padding, flow)))
  const dropped = new Set<KernelNode>()
  const nodes = graph.nodes.map((node) => {
    const map = mapOf(node)
    const padding = map === undefined ? undefined : absorbed.get(node.inputs[map])
    if (map === undefined || padding === undefined) return node
    const inner = node.kernel === 'MaxPoolGrad' ? innerPart(node, padding, flow) : undefined
    if (inner !== undefined) dropped.add(inner)
    return {
      ...node,
      inputs: { ...node.inputs, [map]: padding.inputs.x },
      attributes: { ...node.attributes, pad: padding.attributes.paddings, dimRoundingMode: 'floor' },
      outputs: inner?.outputs ?? node.outputs,
    }
  })
  return { ...graph, nodes: nodes.filter((node) => !dropped.has(node)) }
}

interface Flow {
  readonly values: KernelGraph['values']
  /** Nodes by the values that they read; results are read by `undefined`. */
  readonly readers: ReadonlyMap<ValueId, readonly (KernelNode | undefined)[]>
}

function flowOf(graph: KernelGraph): Flow {
  const readers = new Map<ValueId, (KernelNode | undefined)[]>()
  const add = (value: ValueId, node?: KernelNode) => readers.set(value, [...(readers.get(value) ?? []), node])
  for (const node of graph.nodes) for (const value of inputsOf(node)) add(value, node)
  for (const value of resultsOf(graph)) add(value)
  return { values: graph.values, readers }
}

/** A PadV2 of rows and columns alone. */
function isAround({ kernel, attributes }: KernelNode): boolean {
  if (kernel !== 'PadV2') return false
  const cells = attributes.paddings as readonly (readonly number[])[]
  return cells.length === 4 && [...cells[0], ...cells[3]].every((count) => count === 0)
}

function isAbsorbed(padding: KernelNode, flow: Flow): boolean {
  const nodes = flow.readers.get(padding.outputs[0]) ?? []
  return nodes.every((node) => node !== undefined && reachesOver(node, padding, flow))
}

function reachesOver(node: KernelNode, padding: KernelNode, flow: Flow): boolean {
  const map = mapOf(node)
  if (map === undefined || node.attributes.pad !== 'valid') return false
  const uses = Object.values(node.inputs).filter((input) => input === padding.outputs[0])
  if (uses.length !== 1 || node.inputs[map] !== padding.outputs[0]) return false
  if (!windows[node.kernel].ignores(Number(padding.attributes.constantValue))) return false
  return node.kernel !== 'MaxPoolGrad' || innerPart(node, padding, flow) !== undefined
}

function mapOf({ kernel }: KernelNode): string | undefined {
  return Object.hasOwn(windows, kernel) ? windows[kernel].map : undefined
}

/** The Slice that takes a gradient's cells of the map without those around it, where it is all that is read. */
function innerPart({ outputs }: KernelNode, padding: KernelNode, { values, readers }: Flow): KernelNode | undefined {
  const [slice, ...others] = readers.get(outputs[0]) ?? []
  if (slice?.kernel !== 'Slice' || others.length > 0) return undefined
  const before = (padding.attributes.paddings as readonly (readonly number[])[]).map(([cells]) => cells)
  const [cut, map] = [values[slice.outputs[0]].shape, values[padding.inputs.x].shape]
  return `${slice.attributes.begin}` === `${before}` && `${cut}` === `${map}` ? slice : undefined
}
