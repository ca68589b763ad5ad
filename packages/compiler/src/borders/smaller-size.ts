import { removeUnused } from '../graph/dead-code.js'
import { inputsOf, type KernelGraph, type KernelNode, type ValueId } from '../graph/kernel-graph.js'
import { type Area, alongBoth, type Extent, wholeArea } from './area.js'
import { type Dependence, dependenceOf, dependentInputs, uniformAreas } from './dependence.js'
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
  const [whole, less] = [graph, smaller].map((each): Analysed => {
    const dependence = dependenceOf(each)
    return { graph: each, dependence, uniform: uniformAreas(each, dependence) }
  })
  if (!isSameButForSizes(whole, less, values)) return undefined
  const maps = new Map<ValueId, CellsOfMap>()
  for (const value of values) {
    const [large, small] = [whole, less].map((each) => edgesOf(value, each))
    if (large === undefined || small === undefined) return undefined
    const axes = alongBoth((axis) => distinctCells(large[axis], small[axis]))
    const [rows, columns] = axes
    if (rows === undefined || columns === undefined) return undefined
    maps.set(value, [rows, columns])
  }
  return maps
}

/** A map along an axis. */
interface Edges {
  readonly length: number
  /** Cells that depend on the image. */
  readonly dependent: Extent
  /** Cells that do not feel the edges of the map. */
  readonly uniform: Extent
}

function edgesOf(value: ValueId, { graph, dependence, uniform }: Analysed): readonly [Edges, Edges] | undefined {
  const [inner, equal] = [dependence.areas.get(value), uniform.get(value)]
  if (inner === undefined || equal === undefined) return undefined
  const whole = wholeArea(graph.values[value])
  return alongBoth((axis) => ({ length: whole[axis].to, dependent: inner[axis], uniform: equal[axis] }))
}

/**
 * The cells from the first edge to the first that does not feel it, and as many to the last edge; undefined where the
 * smaller map has others. Where neither edge is felt, cells before the image are the former, and those after it the
 * latter: one of both may depend on the image, where the map is small.
 */
function distinctCells(large: Edges, small: Edges): Cells | undefined {
  const fewer = large.length - small.length
  const sameEdges = ({ from, to }: Extent, other: Extent) => from === other.from && to - fewer === other.to
  if (!sameEdges(large.uniform, small.uniform) || !sameEdges(large.dependent, small.dependent)) return undefined
  if (large.uniform.from > large.dependent.to) return undefined // the first edge is felt beyond the image
  const { from, to } = small.uniform
  const first = Array.from({ length: from + 1 }, (_, cell) => cell)
  const last = Array.from({ length: small.length - to + 1 }, (_, i) => to - 1 + i)
  const lastOf = (cell: number) => first.length + Math.max(0, cell - fewer - (to - 1))
  const isLast = (cell: number) => cell >= large.dependent.to || cell >= large.uniform.to
  return { kept: [...first, ...last], indexOf: (cell) => (isLast(cell) ? lastOf(cell) : Math.min(cell, from)) }
}

interface Analysed {
  readonly graph: KernelGraph
  readonly dependence: Dependence
  readonly uniform: ReadonlyMap<ValueId, Area>
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
