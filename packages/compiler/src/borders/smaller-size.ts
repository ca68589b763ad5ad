import { removeUnused } from '../graph/dead-code.js'
import { inputsOf, type KernelGraph, type KernelNode, type ValueId } from '../graph/kernel-graph.js'
import { alongBoth, type Extent, wholeArea } from './area.js'
import { dependenceOf, dependentInputs, uniformAreas } from './dependence.js'
import { leastCommonMultiple, needsOf } from './needs.js'

/** Along an axis, the cells of a smaller map that a border takes, and which of these each of its own cells is. */
export interface Cells {
  readonly kept: readonly number[]
  indexOf(cell: number): number
}

export type CellsOfMap = readonly [rows: Cells, columns: Cells]

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
): ReadonlyMap<ValueId, CellsOfMap> | undefined {
  const [whole, less] = [graph, smaller].map((each) => {
    const dependence = dependenceOf(each)
    return { graph: each, dependence, uniform: uniformAreas(each, dependence) }
  })
  if (!isSameButForSizes(whole, less, values)) return undefined
  const maps = new Map<ValueId, CellsOfMap>()
  for (const value of values) {
    const [large, small] = [whole, less].map((each) => each.uniform.get(value))
    if (large === undefined || small === undefined) return undefined
    const lengths = [whole, less].map((each) => wholeArea(each.graph.values[value]))
    const axes = alongBoth((axis) => {
      const fewer = lengths[0][axis].to - lengths[1][axis].to
      if (large[axis].from !== small[axis].from || large[axis].to - fewer !== small[axis].to) return undefined
      return distinctCells(small[axis], lengths[1][axis].to, large[axis].to)
    })
    const [rows, columns] = axes
    if (rows === undefined || columns === undefined) return undefined
    maps.set(value, [rows, columns])
  }
  return maps
}

/** Of the equal cells in the middle one; and all others, from the first edge and from the last. */
function distinctCells({ from, to }: Extent, length: number, largeTo: number): Cells {
  const last = Array.from({ length: length - to }, (_, i) => to + i)
  const kept = [...Array.from({ length: from + 1 }, (_, i) => i), ...last]
  return { kept, indexOf: (cell) => (cell < largeTo ? Math.min(cell, from) : from + 1 + cell - largeTo) }
}

interface Analysed {
  readonly graph: KernelGraph
  readonly dependence: ReturnType<typeof dependenceOf>
}

/** Whether windows lie alike in two graphs, counted from the first cell and from the last, up to these values. */
function isSameButForSizes(whole: Analysed, less: Analysed, values: ReadonlySet<ValueId>): boolean {
  const [nodes, twins] = [whole, less].map((each) => nodesBefore(each.graph, values))
  if (nodes.length !== twins.length) return false
  return nodes.every((node, i) => {
    const twin = twins[i]
    if (twin.kernel !== node.kernel) return false
    if (`${inputsOf(twin)}` !== `${inputsOf(node)}` || `${twin.outputs}` !== `${node.outputs}`) return false
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

/** The kernels that these values take, in order. */
function nodesBefore(graph: KernelGraph, values: ReadonlySet<ValueId>): readonly KernelNode[] {
  return removeUnused({ ...graph, outputs: [...values], assignments: [] }).nodes
}
