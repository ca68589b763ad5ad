import { type KernelGraph, resultsOf, type ValueId } from '../graph/kernel-graph.js'
import { type Area, alongBoth, around, common, isEmpty, wholeArea } from './area.js'
import { type Dependence, dependentInputs } from './dependence.js'
import { needed } from './readings.js'

/** What is read of a value. */
export interface Need {
  readonly area: Area
  /** The first row and column of a part of the value must be multiples of these, for strides to fall on the same cells. */
  readonly multiples: readonly [number, number]
}

/**
 * The cells that the results of a graph need of every value that depends on its arguments, if of `pasted` values only
 * those cells are computed that do depend on them. Undefined where none of them are needed.
 */
export function needsOf(
  graph: KernelGraph,
  dependence: Dependence,
  pasted: ReadonlySet<ValueId>,
): Map<ValueId, Need> | undefined {
  const { areas, readings } = dependence
  const needs = new Map<ValueId, Need>()
  const add = (value: ValueId, { area, multiples }: Need) => {
    const known = needs.get(value)
    if (known === undefined) needs.set(value, { area, multiples })
    else {
      const both = alongBoth((axis) => leastCommonMultiple(known.multiples[axis], multiples[axis]))
      needs.set(value, { area: around(known.area, area), multiples: both })
    }
  }
  const addWhole = (value: ValueId) => add(value, { area: wholeArea(graph.values[value]), multiples: [1, 1] })
  for (const value of resultsOf(graph)) if (areas.has(value)) addWhole(value)
  for (const node of [...graph.nodes].reverse()) {
    const maps = dependentInputs(node, areas)
    const outputs = node.outputs.flatMap((value) => {
      const [need, area] = [needs.get(value), areas.get(value)]
      return need === undefined || area === undefined ? [] : [{ value, need, area }]
    })
    if (maps.size === 0 || outputs.length === 0) continue
    const reading = readings.get(node)
    if (reading === undefined) {
      maps.forEach(addWhole)
      continue
    }
    for (const { value, need, area } of outputs) {
      const isPasted = pasted.has(value)
      const computed = isPasted ? common(need.area, area) : need.area
      if (isEmpty(computed)) return undefined
      for (const map of maps) {
        const [, height, width] = graph.values[map].shape
        add(map, {
          area: alongBoth((axis) => needed(reading[axis], computed[axis], [height, width][axis])),
          multiples: alongBoth((axis) => reading[axis].stride * (isPasted ? 1 : need.multiples[axis])),
        })
      }
    }
  }
  return needs
}

export function leastCommonMultiple(a: number, b: number): number {
  return (a / greatestCommonDivisor(a, b)) * b
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b)
}
