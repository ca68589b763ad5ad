import { removeDuplicates } from '../graph/common-subexpressions.js'
import { type KernelGraph, sizeOf, type ValueId } from '../graph/kernel-graph.js'
import type { KernelRegistry } from '../kernels/kernel-definition.js'
import { standardKernels } from '../kernels/standard-kernels.js'
import { sameArea, wholeArea } from './area.js'
import { type Dependence, dependenceOf, isOuterPadding } from './dependence.js'
import { graphCost } from './graph-cost.js'
import { type Pasted, pasteBorders } from './paste-borders.js'

/**
 * Maps of a function by what computes them: the first MaxPool, the third. At other sizes of its arguments the function
 * has other paddings, so that the numbers of values differ.
 */
export type Places = ReadonlySet<string>

/** Graphs that save less are left as they are: handing in borders has its price too. */
const leastSaving = 0.05

/**
 * The maps of a graph whose borders are better handed in than computed, for nets that pad their images; none where that
 * saves nothing worth it.
 *
 * Maps are looked at one after the other, where they become smaller and thus cheap to put together, and stay if the
 * graph becomes faster by them.
 */
export function choosePlaces(graph: KernelGraph, kernels: KernelRegistry = standardKernels()): Places {
  const dependence = dependenceOf(graph)
  const paddings = outerPaddings(graph, dependence)
  if (paddings.length === 0) return new Set()
  const costOf = (values: ReadonlySet<ValueId>) => {
    const pasted = pasteBorders(graph, dependence, values, kernels)
    return pasted === undefined ? Infinity : graphCost(pasted.graph)
  }
  let best = { values: new Set(paddings), cost: costOf(new Set(paddings)) }
  const improve = (values: Set<ValueId>) => {
    const cost = costOf(values)
    if (cost < best.cost) best = { values, cost }
  }
  for (const candidate of candidates(graph, dependence)) improve(new Set([...best.values, candidate]))
  for (const value of [...best.values]) improve(new Set([...best.values].filter((each) => each !== value)))
  if (best.cost >= (1 - leastSaving) * graphCost(graph)) return new Set()
  return new Set([...placesOf(graph, dependence)].flatMap(([place, value]) => (best.values.has(value) ? [place] : [])))
}

/** The graph with the borders of the maps at these places handed in; undefined where that cannot be done. */
export function reuseBorders(
  graph: KernelGraph,
  places: Places,
  kernels: KernelRegistry = standardKernels(),
): Pasted | undefined {
  if (places.size === 0) return undefined
  const dependence = dependenceOf(graph)
  const values = [...placesOf(graph, dependence)].flatMap(([place, value]) => (places.has(place) ? [value] : []))
  const pasted = pasteBorders(graph, dependence, new Set(values), kernels)
  return pasted && { ...pasted, graph: removeDuplicates(pasted.graph) }
}

function placesOf(graph: KernelGraph, dependence: Dependence): Map<string, ValueId> {
  const counts = new Map<string, number>()
  const places = new Map<string, ValueId>()
  for (const node of graph.nodes) {
    if (node.kernel === 'PadV2' && !isOuterPadding(node, graph, dependence)) continue
    const count = counts.get(node.kernel) ?? 0
    counts.set(node.kernel, count + 1)
    places.set(`${node.kernel} ${count}`, node.outputs[0])
  }
  return places
}

function outerPaddings(graph: KernelGraph, dependence: Dependence): ValueId[] {
  return graph.nodes.flatMap((node) => (isOuterPadding(node, graph, dependence) ? node.outputs : []))
}

/** Maps with a border, smaller than what they are computed from. */
function candidates(graph: KernelGraph, { areas, readings }: Dependence): ValueId[] {
  return graph.nodes.flatMap((node) => {
    const [output] = node.outputs
    const area = areas.get(output)
    if (!readings.has(node) || area === undefined || node.outputs.length > 1) return []
    const inputs = Object.values(node.inputs).filter((value) => areas.has(value))
    const largest = Math.max(...inputs.map((value) => sizeOf(graph.values[value].shape)))
    const smaller = sizeOf(graph.values[output].shape) < largest || node.kernel === 'Concat'
    return smaller && !sameArea(area, wholeArea(graph.values[output])) ? [output] : []
  })
}
