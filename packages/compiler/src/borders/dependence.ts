import { inputsOf, type KernelGraph, type KernelNode, type ValueId } from '../graph/kernel-graph.js'
import { type Area, alongBoth, around, common, isEmpty, sameArea, wholeArea } from './area.js'
import { covered, type Readings, reached, readingsOf } from './readings.js'

/** What depends on a graph's arguments. */
export interface Dependence {
  /** Of every value that depends on them, the cells that do; all others are the same for all arguments of this size. */
  readonly areas: ReadonlyMap<ValueId, Area>
  /** How the kernels that work on such values by windows do so. */
  readonly readings: ReadonlyMap<KernelNode, Readings>
}

/** Follows the cells that depend on the arguments through a graph. */
export function dependenceOf(graph: KernelGraph): Dependence {
  const areas = new Map<ValueId, Area>()
  const readings = new Map<KernelNode, Readings>()
  for (const { value, kind } of graph.inputs) if (kind !== 'captured') areas.set(value, wholeArea(graph.values[value]))
  for (const node of graph.nodes) {
    const maps = dependentInputs(node, areas)
    if (maps.size === 0) continue
    const reading = readingsOf(node, graph.values, maps)
    if (reading !== undefined) readings.set(node, reading)
    for (const output of node.outputs) {
      const whole = wholeArea(graph.values[output])
      const parts = [...maps].map((value) => {
        const area = areas.get(value)
        if (reading === undefined || area === undefined) return whole
        return alongBoth((axis) => reached(reading[axis], area[axis], whole[axis].to))
      })
      areas.set(output, parts.reduce(around))
    }
  }
  return { areas, readings }
}

/** The inputs of a kernel that depend on the arguments. */
export function dependentInputs(node: KernelNode, areas: ReadonlyMap<ValueId, unknown>): Set<ValueId> {
  return new Set(inputsOf(node).filter((value) => areas.has(value)))
}

/** Whether rows and columns, and nothing else, were laid around something that depends on the arguments everywhere. */
export function isOuterPadding(
  { kernel, inputs, outputs }: KernelNode,
  { values }: KernelGraph,
  { areas }: Dependence,
): boolean {
  const area = kernel === 'PadV2' ? areas.get(inputs.x) : undefined
  if (area === undefined || !sameArea(area, wholeArea(values[inputs.x]))) return false
  const [before, after] = [values[inputs.x].shape, values[outputs[0]].shape]
  return before.length === 4 && before[0] === after[0] && before[3] === after[3]
}

/**
 * The cells whose values would all be equal, channel by channel, were the padded image as its padding. Around them are
 * those that feel the map's edges.
 *
 * Cells that do not depend on the image have the same values for that image as for every other.
 */
export function uniformAreas(graph: KernelGraph, dependence: Dependence): Map<ValueId, Area> {
  const { areas } = dependence
  const uniform = new Map<ValueId, Area>()
  for (const { value } of graph.inputs) if (areas.has(value)) uniform.set(value, wholeArea(graph.values[value]))
  for (const node of graph.nodes) {
    const maps = dependentInputs(node, areas)
    const reading = dependence.readings.get(node)
    if (maps.size === 0 || reading === undefined) continue
    for (const output of node.outputs) {
      const whole = wholeArea(graph.values[output])
      if (isOuterPadding(node, graph, dependence)) {
        uniform.set(output, whole)
        continue
      }
      const parts = [...maps].map((value) => {
        const area = uniform.get(value)
        if (area === undefined) return undefined
        return alongBoth((axis) => covered(reading[axis], area[axis], whole[axis].to))
      })
      const known = parts.filter((part) => part !== undefined)
      const shared = known.length === parts.length ? known.reduce(common) : undefined
      if (shared !== undefined && !isEmpty(shared)) uniform.set(output, shared)
    }
  }
  return uniform
}
