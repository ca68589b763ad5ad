import type { GraphInput, KernelGraph, KernelNode, ValueId, ValueInfo } from '../graph/kernel-graph.js'
import { type Area, alongBoth, contains, type Extent, sameArea } from './area.js'

/** What there is of a map. */
export interface Part {
  /** The cells that its tensor stands for. */
  readonly area: Area
  /** Those of them that have the right values. */
  readonly right: Area
}

/** A rectangle of a value that is the same for all arguments of this size, and is handed to a graph. */
export interface Strip {
  /** The input of the graph that it is handed to. */
  readonly input: ValueId
  /** The value of the graph that computes everything. */
  readonly of: ValueId
  readonly area: Area
}

/** A graph that grows, kernel by kernel, after another, and holds parts of that one's maps. */
export class PartialGraph {
  /** Those of the other graph with the sizes of their parts, and further ones. */
  readonly values: ValueInfo[]
  readonly nodes: KernelNode[] = []
  readonly inputs: GraphInput[] = []
  readonly strips: Strip[] = []
  readonly #parts = new Map<ValueId, Part>()

  constructor(graph: KernelGraph) {
    this.values = [...graph.values]
  }

  partOf(value: ValueId): Part | undefined {
    return this.#parts.get(value)
  }

  /** Adds a kernel whose outputs, with these shapes, are such a part of their maps. */
  add(node: KernelNode, infos: readonly ValueInfo[], part: Part): void {
    this.nodes.push(node)
    for (const [i, output] of node.outputs.entries()) this.define(output, infos[i], part)
  }

  define(value: ValueId, info: ValueInfo, part: Part): void {
    this.values[value] = info
    this.#parts.set(value, part)
  }

  /** A further value, of which nothing is known yet. */
  newValue(info: ValueInfo): ValueId {
    return this.values.push(info) - 1
  }

  /** The part of a value that stands for an area; undefined where there is less. */
  cut(value: ValueId, area: Area): ValueId | undefined {
    const part = this.#parts.get(value)
    if (part === undefined || !contains(part.area, area)) return undefined
    return sameArea(part.area, area) ? value : this.#slice(value, part, area)
  }

  #slice(value: ValueId, part: Part, area: Area): ValueId {
    const info = this.#resized(value, area)
    const attributes = {
      begin: [0, ...area.map(({ from }, axis) => from - part.area[axis].from), 0],
      size: [...info.shape],
    }
    const output = this.newValue(info)
    const right = alongBoth((axis) => overlap(part.right[axis], area[axis]))
    this.add({ kernel: 'Slice', inputs: { x: value }, attributes, outputs: [output] }, [info], { area, right })
    return output
  }

  /** Defines `output` as an area whose centre is cut from `middle`, and whose borders are handed in. */
  paste(output: ValueId, middle: ValueId, centre: Area, area: Area): boolean {
    const [rows, columns] = centre
    const sides = [
      { axis: 2, first: [rows, before(columns, area[1])], last: [rows, behind(columns, area[1])] },
      { axis: 1, first: [before(rows, area[0]), area[1]], last: [behind(rows, area[0]), area[1]] },
    ] as const
    const part = this.#parts.get(middle)
    if (part === undefined || !contains(part.right, centre)) return false
    let value = this.#slice(middle, part, centre)
    for (const { axis, first, last } of sides) {
      const parts = [this.#strip(output, value, first), value, this.#strip(output, value, last)]
      const info = this.#resized(value, axis === 2 ? [rows, area[1]] : area)
      const joined: ValueId = axis === 1 ? output : this.newValue(info)
      const inputs = Object.fromEntries(parts.map((each, i) => [`${i}`, each]))
      this.nodes.push({ kernel: 'Concat', inputs, attributes: { axis }, outputs: [joined] })
      this.define(joined, info, { area, right: area })
      value = joined
    }
    return true
  }

  /** A new input with the border of a value in an area, which may be empty: the graph is the same at every size. */
  #strip(of: ValueId, like: ValueId, area: Area): ValueId {
    const info = this.#resized(like, area)
    const value = this.newValue(info)
    this.inputs.push({ value, kind: 'border', name: `border_${this.strips.length}` })
    this.strips.push({ input: value, of, area })
    return value
  }

  #resized(value: ValueId, area: Area): ValueInfo {
    const { shape, dtype } = this.values[value]
    const [height, width] = area.map(({ from, to }) => to - from)
    return { shape: [shape[0], height, width, shape[3]], dtype }
  }
}

function before(inner: Extent, outer: Extent): Extent {
  return { from: outer.from, to: inner.from }
}

function behind(inner: Extent, outer: Extent): Extent {
  return { from: inner.to, to: outer.to }
}

function overlap(a: Extent, b: Extent): Extent {
  return { from: Math.max(a.from, b.from), to: Math.min(a.to, b.to) }
}
