import { type KernelGraph, type KernelNode, sizeOf, type ValueId } from '../graph/kernel-graph.js'
import { mostSources, mostTargets } from './update-kernel.js'

/** A product of a number and of values of one element: factor · Π times / Π over. */
export interface ScalarProduct {
  readonly factor: number
  readonly times: readonly ValueId[]
  readonly over: readonly ValueId[]
}

/** New values as a weighted sum of old ones, element by element: for every value, the sum of products that weighs it. */
export type Affine = ReadonlyMap<ValueId, readonly ScalarProduct[]>

/** Variables that are updated together, as they depend on one another. */
export interface AffineGroup {
  /** The values that are read: gradients, and variables as they were. */
  readonly sources: readonly ValueId[]
  readonly targets: readonly { readonly variable: ValueId; readonly assignment: number; readonly weights: Affine }[]
}

/**
 * The assignments of a training step that are weighted sums of gradients and variables, in groups; solvers with momentum
 * and weight decay are. They can be carried out where the variables lie, instead of handing the new values out.
 *
 * `gradients` are values of the graph; only values of at least `smallest` elements are looked at.
 */
export function affineUpdates(graph: KernelGraph, gradients: ReadonlySet<ValueId>, smallest: number): AffineGroup[] {
  const analysis = new Analysis(graph, gradients)
  const variables = new Map(graph.inputs.map(({ name, value }) => [name, value]))
  let groups: { sources: Set<ValueId>; targets: AffineGroup['targets'][number][]; whole: boolean }[] = []
  for (const [assignment, { variable: name, value }] of graph.assignments.entries()) {
    const variable = variables.get(name)
    if (variable === undefined || sizeOf(graph.values[value].shape) < smallest) continue
    const weights = analysis.affine(value)
    const sources = new Set([variable, ...(weights?.keys() ?? [])])
    // All groups that share a value with this assignment become one with it.
    const related = groups.filter((group) => [...sources].some((source) => group.sources.has(source)))
    const whole = weights !== undefined && related.every((group) => group.whole)
    groups = groups.filter((group) => !related.includes(group))
    groups.push({
      sources: new Set([...related.flatMap((group) => [...group.sources]), ...sources]),
      targets: [
        ...related.flatMap(({ targets }) => targets),
        ...(weights === undefined ? [] : [{ variable, assignment, weights }]),
      ],
      whole,
    })
  }
  return groups.flatMap(({ sources, targets, whole }) => {
    const read = [...sources].filter((source) => targets.some(({ weights }) => weights.has(source)))
    const fits = read.length <= mostSources && targets.length <= mostTargets
    return whole && fits ? [{ sources: read, targets }] : []
  })
}

class Analysis {
  readonly #graph: KernelGraph
  readonly #gradients: ReadonlySet<ValueId>
  readonly #producers = new Map<ValueId, KernelNode>()
  readonly #captured: ReadonlySet<ValueId>
  readonly #uniform = new Map<ValueId, number>()

  constructor(graph: KernelGraph, gradients: ReadonlySet<ValueId>) {
    this.#graph = graph
    this.#gradients = gradients
    for (const node of graph.nodes) for (const output of node.outputs) this.#producers.set(output, node)
    this.#captured = new Set(graph.inputs.filter(({ kind }) => kind === 'captured').map(({ value }) => value))
    for (const { value, data } of graph.constants) {
      if ('everywhere' in data) this.#uniform.set(value, data.everywhere)
      else if (data.length === 1) this.#uniform.set(value, data[0])
    }
  }

  affine(value: ValueId): Affine | undefined {
    if (this.#graph.values[value].dtype !== 'float32') return undefined
    if (this.#gradients.has(value) || this.#captured.has(value)) {
      return new Map([[value, [{ factor: 1, times: [], over: [] }]]])
    }
    if (this.#uniform.get(value) === 0) return new Map()
    const node = this.#producers.get(value)
    if (node === undefined) return undefined
    const { kernel, inputs } = node
    const full = (input: ValueId) => (this.#size(input) === this.#size(value) ? this.affine(input) : undefined)
    switch (kernel) {
      case 'ZerosLike':
        return new Map()
      case 'Neg':
        return scaled(full(inputs.x), { factor: -1, times: [], over: [] })
      case 'Add':
        return sum([full(inputs.a), full(inputs.b)])
      case 'AddN':
        return sum(Object.values(inputs).map(full))
      case 'Sub':
        return sum([full(inputs.a), scaled(full(inputs.b), { factor: -1, times: [], over: [] })])
      case 'Multiply':
        return this.#size(inputs.b) === 1
          ? scaled(full(inputs.a), this.#scalar(inputs.b))
          : scaled(full(inputs.b), this.#size(inputs.a) === 1 ? this.#scalar(inputs.a) : undefined)
      case 'RealDiv': {
        if (this.#size(inputs.b) !== 1) return undefined
        const { factor, times } = this.#scalar(inputs.b)
        return scaled(full(inputs.a), { factor: 1 / factor, times: [], over: times })
      }
      default:
        return undefined
    }
  }

  #scalar(value: ValueId): ScalarProduct {
    const number = this.#uniform.get(value)
    return number === undefined ? { factor: 1, times: [value], over: [] } : { factor: number, times: [], over: [] }
  }

  #size(value: ValueId): number {
    return sizeOf(this.#graph.values[value].shape)
  }
}

function sum(parts: readonly (Affine | undefined)[]): Affine | undefined {
  const total = new Map<ValueId, ScalarProduct[]>()
  for (const part of parts) {
    if (part === undefined) return undefined
    for (const [value, products] of part) total.set(value, [...(total.get(value) ?? []), ...products])
  }
  return total
}

function scaled(affine: Affine | undefined, by: ScalarProduct | undefined): Affine | undefined {
  if (affine === undefined || by === undefined) return undefined
  return new Map(
    [...affine].map(([value, products]) => [
      value,
      products.map(({ factor, times, over }) => ({
        factor: factor * by.factor,
        times: [...times, ...by.times],
        over: [...over, ...by.over],
      })),
    ]),
  )
}

/** The values of one element that the weights of some groups need. */
export function scalarsOf(groups: readonly AffineGroup[]): ValueId[] {
  const products = groups.flatMap(({ targets }) => targets.flatMap(({ weights }) => [...weights.values()].flat()))
  return [...new Set(products.flatMap(({ times, over }) => [...times, ...over]))]
}

/** A weight as a number, once its scalars are known. */
export function weightOf(products: readonly ScalarProduct[] | undefined, scalar: (value: ValueId) => number): number {
  return (products ?? []).reduce((total, { factor, times, over }) => {
    const multiplied = times.reduce((product, value) => product * scalar(value), factor)
    return total + over.reduce((quotient, value) => quotient / scalar(value), multiplied)
  }, 0)
}
