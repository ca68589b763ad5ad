import {
  inputsOf,
  type KernelGraph,
  type KernelNode,
  resultsOf,
  type ValueId,
  type ValueInfo,
} from '../graph/kernel-graph.js'
import type { KernelRegistry } from '../kernels/kernel-definition.js'
import { type Area, alongBoth, common, contains, type Extent, isEmpty, sameArea, wholeArea } from './area.js'
import { type Dependence, dependentInputs, isOuterPadding } from './dependence.js'
import { type Need, needsOf } from './needs.js'
import { type Part, PartialGraph, type Strip } from './partial-graph.js'
import { covered, type Readings, readingsOf, sliceBegins } from './readings.js'

/** A graph, and the borders that are handed to it. */
export interface Pasted {
  readonly graph: KernelGraph
  readonly strips: readonly Strip[]
}

/**
 * A graph that computes the same, where the borders of some maps, which no argument changes, are handed in. What comes
 * before such a map works on a smaller part of the maps, with the same kernels and attributes as before. Cells at the
 * edges where a part was cut come out wrong; parts are as much larger as it takes to have right all that is used.
 *
 * Undefined where these values cannot be pasted.
 */
export function pasteBorders(
  graph: KernelGraph,
  dependence: Dependence,
  pasted: ReadonlySet<ValueId>,
  kernels: KernelRegistry,
): Pasted | undefined {
  const needs = needsOf(graph, dependence, pasted)
  if (needs === undefined) return undefined
  const partial = new PartialGraph(graph)
  const context: Context = { graph, dependence, needs, kernels, partial }
  for (const { value } of graph.inputs)
    if (dependence.areas.has(value)) defineWhole(value, graph.values[value], context)
  for (const node of graph.nodes) {
    const isPasted = node.outputs.some((value) => pasted.has(value))
    if (!(isPasted ? addPasted(node, context) : addNode(node, node, context))) return undefined
  }
  if (!resultsOf(graph).every((value) => isComplete(value, context))) return undefined
  const whole = { ...graph, values: partial.values, inputs: [...graph.inputs, ...partial.inputs], nodes: partial.nodes }
  return { graph: whole, strips: partial.strips }
}

interface Context {
  readonly graph: KernelGraph
  readonly dependence: Dependence
  readonly needs: ReadonlyMap<ValueId, Need>
  readonly kernels: KernelRegistry
  readonly partial: PartialGraph
}

/** A kernel on parts of its inputs, and the part that its outputs are. */
interface Placed {
  readonly node: KernelNode
  readonly infos: readonly ValueInfo[]
  readonly area: Area
}

/** Adds `own`, perhaps under other outputs, on what there is of its inputs; false where that cannot be. */
function addNode(node: KernelNode, own: KernelNode, context: Context): boolean {
  const { dependence, graph, partial } = context
  const maps = dependentInputs(own, dependence.areas)
  if (maps.size === 0 || inputsOf(own).every((value) => isComplete(value, context))) {
    partial.nodes.push(node)
    if (maps.size === 0) return true
    for (const [i, value] of node.outputs.entries()) defineWhole(value, graph.values[own.outputs[i]], context)
    return true
  }
  const reading = dependence.readings.get(own)
  const parts = [...maps].map((value) => partial.partOf(value)).filter((part) => part !== undefined)
  if (reading === undefined || parts.length < maps.size) return false
  const area = parts.map((part) => part.area).reduce(common)
  const inputs: Record<string, ValueId> = {}
  for (const [name, value] of Object.entries(node.inputs)) {
    const input = maps.has(value) ? partial.cut(value, area) : value
    if (input === undefined) return false
    inputs[name] = input
  }
  const smaller = { ...node, inputs }
  const placed =
    node.kernel === 'Slice' ? placeSlice(smaller, own, area, context) : placeWindows(smaller, reading, area, context)
  if (placed === undefined) return false
  const right = common(rightCells(parts, reading, own, context), placed.area)
  partial.add(placed.node, placed.infos, { area: placed.area, right })
  return true
}

/** Adds a kernel for the cells that depend on the arguments, and the border around them. */
function addPasted(node: KernelNode, context: Context): boolean {
  const { dependence, graph, needs, partial } = context
  const [output] = node.outputs
  const [need, dependent] = [needs.get(output), dependence.areas.get(output)]
  const reading = dependence.readings.get(node)
  if (need === undefined || dependent === undefined || reading === undefined || node.outputs.length > 1) return false
  const centre = common(need.area, dependent)
  // By whole strides from both edges of the map: sizes are rounded as they are for the whole.
  const area = alongBoth((axis) => {
    const [{ from, to }, step] = [need.area[axis], need.multiples[axis]]
    const { to: length } = wholeArea(graph.values[output])[axis]
    return { from: from - (from % step), to: to + ((length - to) % step) }
  })
  const middle = partial.newValue(graph.values[output])
  if (isOuterPadding(node, graph, dependence)) {
    // The centre is what cells were laid around: no need to lay them.
    const { x } = node.inputs
    const inner = alongBoth((axis) => moved(centre[axis], -reading[axis].before))
    const part = partial.cut(x, inner)
    if (part === undefined || !contains(partial.partOf(x)?.right ?? centre, inner)) return false
    const copy = { kernel: 'Identity', inputs: { x: part }, attributes: {}, outputs: [middle] }
    partial.add(copy, [partial.values[part]], { area: centre, right: centre })
  } else if (!addNode({ ...node, outputs: [middle] }, node, context)) return false
  return partial.paste(output, middle, centre, area)
}

/** The same kernel on a smaller map, where its windows keep their places. */
function placeWindows(node: KernelNode, reading: Readings, area: Area, context: Context): Placed | undefined {
  const { partial } = context
  const maps = new Set(inputsOf(node).filter((value) => partial.partOf(value) !== undefined))
  // The outputs have no shapes yet; of those of the whole maps only the rank counts.
  const there = readingsOf(node, partial.values, maps)
  const keep = reading.every((own, axis) => {
    const other = there?.[axis]
    const same = other?.stride === own.stride && other.reach === own.reach && other.before === own.before
    return same && area[axis].from % own.stride === 0
  })
  if (!keep) return undefined
  const infos = infer(node, context)
  return {
    node,
    infos,
    area: alongBoth((axis) => {
      const from = area[axis].from / reading[axis].stride
      return { from, to: from + infos[0].shape[axis + 1] }
    }),
  }
}

/** As much of a slice as there is. */
function placeSlice(node: KernelNode, own: KernelNode, area: Area, context: Context): Placed | undefined {
  const { graph, needs } = context
  const [output] = own.outputs
  const begins = sliceBegins(own, graph.values)
  const multiples = needs.get(output)?.multiples ?? [1, 1]
  const whole = wholeArea(graph.values[output])
  const there = alongBoth((axis) => {
    const first = Math.max(0, area[axis].from - begins[axis + 1])
    return {
      from: Math.ceil(first / multiples[axis]) * multiples[axis],
      to: Math.min(whole[axis].to, area[axis].to - begins[axis + 1]),
    }
  })
  if (isEmpty(there)) return undefined
  const [rows, columns] = alongBoth((axis) => ({
    begin: begins[axis + 1] + there[axis].from - area[axis].from,
    size: there[axis].to - there[axis].from,
  }))
  const { shape } = graph.values[output]
  const attributes = {
    begin: [begins[0], rows.begin, columns.begin, begins[3]],
    size: [shape[0], rows.size, columns.size, shape[3]],
  }
  const placed = { ...node, attributes }
  return { node: placed, infos: infer(placed, context), area: there }
}

/** The cells of a kernel's output that come out right from these parts of its inputs. */
function rightCells(parts: readonly Part[], reading: Readings, own: KernelNode, { graph, dependence }: Context): Area {
  const [map] = dependentInputs(own, dependence.areas)
  const [input, output] = [wholeArea(graph.values[map]), wholeArea(graph.values[own.outputs[0]])]
  return alongBoth((axis) => {
    const from = Math.max(...parts.map(({ right }) => right[axis].from))
    const to = Math.min(...parts.map(({ right }) => right[axis].to))
    const length = input[axis].to
    // Beyond the edges of the whole map there is the same as ever.
    const beyond = { from: from === 0 ? -Infinity : from, to: to === length ? Infinity : to }
    return covered(reading[axis], beyond, output[axis].to)
  })
}

function infer(node: KernelNode, { kernels, partial }: Context): ValueInfo[] {
  const infos = Object.entries(node.inputs).map(([name, value]) => [name, partial.values[value]])
  return kernels.get(node.kernel).infer(Object.fromEntries(infos), node.attributes)
}

function defineWhole(value: ValueId, info: ValueInfo, { partial }: Context): void {
  const whole = wholeArea(info)
  partial.define(value, info, { area: whole, right: whole })
}

/** Whether a value is there as a whole, and right. */
function isComplete(value: ValueId, { dependence, graph, partial }: Context): boolean {
  if (!dependence.areas.has(value)) return true
  const part = partial.partOf(value)
  const whole = wholeArea(graph.values[value])
  return part !== undefined && sameArea(part.area, whole) && sameArea(part.right, whole)
}

function moved({ from, to }: Extent, by: number): Extent {
  return { from: from + by, to: to + by }
}
