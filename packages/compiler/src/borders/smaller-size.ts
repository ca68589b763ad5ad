import { inputsOf, type KernelGraph, type KernelNode, type ValueId } from '../graph/kernel-graph.js'
import { alongBoth, wholeArea } from './area.js'
import { dependenceOf, dependentInputs, uniformAreas } from './dependence.js'
import { leastCommonMultiple, needsOf } from './needs.js'

/** Where the cells of a border are found in the map of a smaller image. */
export type CellMap = readonly [row: (row: number) => number, column: (column: number) => number]

/**
 * By how many rows and columns images differ for which all strides fall on the same cells: multiples of all strides
 * between the images and these values.
 */
export function periodOf(graph: KernelGraph, values: Iterable<ValueId>): readonly [number, number] {
  const prefix = { ...graph, outputs: [...values], assignments: [] }
  const needs = needsOf(prefix, dependenceOf(prefix), new Set())
  const strides = graph.inputs.map(({ value }) => needs?.get(value)?.multiples ?? ([1, 1] as const))
  return alongBoth((axis) => strides.map((each) => each[axis]).reduce(leastCommonMultiple, 1))
}

/**
 * How the borders of values follow from those that the same function has for smaller images. Far from its edges the
 * border of a map is the same from row to row, or column to column; near them it is the same as in the smaller map, counted
 * from the edge. Undefined where the smaller map is all edge, or the graphs differ in more than sizes.
 */
export function cellMaps(
  graph: KernelGraph,
  smaller: KernelGraph,
  values: ReadonlySet<ValueId>,
): ReadonlyMap<ValueId, CellMap> | undefined {
  const [whole, less] = [graph, smaller].map((each) => {
    const dependence = dependenceOf(each)
    return { graph: each, dependence, uniform: uniformAreas(each, dependence) }
  })
  if (!isSameButForSizes(whole, less, values)) return undefined
  const maps = new Map<ValueId, CellMap>()
  for (const value of values) {
    const [large, small] = [whole, less].map((each) => each.uniform.get(value))
    if (large === undefined || small === undefined) return undefined
    const lengths = [whole, less].map((each) => wholeArea(each.graph.values[value]))
    const axes = alongBoth((axis) => {
      const fewer = lengths[0][axis].to - lengths[1][axis].to
      if (large[axis].from !== small[axis].from || large[axis].to - fewer !== small[axis].to) return undefined
      return (cell: number) => (cell < large[axis].to ? Math.min(cell, small[axis].to - 1) : cell - fewer)
    })
    const [rows, columns] = axes
    if (rows === undefined || columns === undefined) return undefined
    maps.set(value, [rows, columns])
  }
  return maps
}

interface Analysed {
  readonly graph: KernelGraph
  readonly dependence: ReturnType<typeof dependenceOf>
}

/** Whether windows lie alike in two graphs, counted from the first cell and from the last, up to these values. */
function isSameButForSizes(whole: Analysed, less: Analysed, values: ReadonlySet<ValueId>): boolean {
  if (whole.graph.nodes.length !== less.graph.nodes.length) return false
  const prefix = nodesBefore(whole.graph, values)
  return whole.graph.nodes.every((node, i) => {
    if (!prefix.has(node)) return true
    const twin = less.graph.nodes[i]
    if (twin.kernel !== node.kernel || `${inputsOf(twin)}` !== `${inputsOf(node)}`) return false
    const maps = dependentInputs(node, whole.dependence.areas)
    if (maps.size === 0) return true
    const [reading, other] = [whole.dependence.readings.get(node), less.dependence.readings.get(twin)]
    if (reading === undefined || JSON.stringify(reading) !== JSON.stringify(other)) return false
    const fewer = (value: ValueId) => alongBoth((axis) => lengthOf(whole, value, axis) - lengthOf(less, value, axis))
    return [...maps].every((map) =>
      node.outputs.every((output) =>
        fewer(map).every((cells, axis) => cells === reading[axis].stride * fewer(output)[axis]),
      ),
    )
  })
}

function lengthOf({ graph }: Analysed, value: ValueId, axis: 0 | 1): number {
  return wholeArea(graph.values[value])[axis].to
}

function nodesBefore(graph: KernelGraph, values: ReadonlySet<ValueId>): Set<KernelNode> {
  const wanted = new Set(values)
  const nodes = new Set<KernelNode>()
  for (const node of [...graph.nodes].reverse()) {
    if (!node.outputs.some((output) => wanted.has(output))) continue
    nodes.add(node)
    for (const input of inputsOf(node)) wanted.add(input)
  }
  return nodes
}
