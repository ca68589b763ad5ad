import { removeUnused } from '../graph/dead-code.js'
import { inputsOf, type KernelGraph, type KernelNode, resultsOf, type ValueId } from '../graph/kernel-graph.js'
import { type EqualCells, type Fold, FoldableMaps, isAtLeast, shapesAt, unfolded } from './foldable-maps.js'
import { Gradients } from './gradients.js'
import { graphMultiplications } from './graph-cost.js'
import { GrowingGraph } from './growing-graph.js'

/** Steps that save less are left as they are. */
const leastSaving = 0.05

/**
 * A training step that computes equal rows and columns of padded maps once.
 *
 * Between what feels the edge of a padded map and what sees the image, all rows of a map are equal, and so are all columns.
 * Up to a pooling the net works on maps from which all of them but one are left out, those of an image with less
 * padding; behind it they are put back as copies. Gradients go the same way back: those of copies add up. It is the same
 * function of the weights, and so has the same gradients, but for rounding.
 *
 * `traceAt` gives the graph of the same step for arguments of other shapes. The graph itself is returned where this saves
 * nothing worth it, or where something in it stands in the way.
 */
export function foldBorders(
  graph: KernelGraph,
  traceAt: (shapes: readonly (readonly number[])[]) => KernelGraph,
): KernelGraph {
  const maps = new FoldableMaps(graph)
  const poolings = maps.foldsOfPoolings()
  const folds = nested([...poolings.values()])
  const smaller = new Map(
    folds.flatMap((fold) => {
      const other = smallerGraph(graph, () => traceAt(shapesAt(graph, fold)))
      return other === undefined ? [] : [[`${fold}`, other]]
    }),
  )
  if (smaller.size === 0) return graph
  try {
    const folded = removeUnused(new FoldedGraph(graph, maps, poolings, smaller).build())
    const saves = graphMultiplications(folded) <= (1 - leastSaving) * graphMultiplications(graph)
    return saves ? folded : graph
  } catch (error) {
    if (error instanceof Unfoldable) return graph
    throw error
  }
}

/** Something in a graph stands in the way. */
class Unfoldable extends Error {}

/** The folds from the largest on, each within the one before in both directions; equal ones once. */
function nested(folds: readonly Fold[]): Fold[] {
  const kept: Fold[] = []
  for (const fold of [...folds].sort((a, b) => b[0] - a[0] || b[1] - a[1])) {
    const last = kept.at(-1)
    if (last === undefined || (isAtLeast(last, fold) && `${last}` !== `${fold}`)) kept.push(fold)
  }
  return kept
}

/** The graph of a smaller image, if it differs in sizes alone. */
function smallerGraph(graph: KernelGraph, trace: () => KernelGraph): KernelGraph | undefined {
  try {
    const other = trace()
    return isSameButForSizes(graph, other) ? other : undefined
  } catch {
    return undefined // the image is too small for the net
  }
}

/** Whether two graphs have the same kernels with the same names of values. */
function isSameButForSizes(graph: KernelGraph, other: KernelGraph): boolean {
  const [own, others] = [graph, other].map(({ nodes, inputs, outputs }) =>
    JSON.stringify([nodes.map((node) => [node.kernel, node.inputs, node.outputs]), inputs, outputs]),
  )
  return own === others
}

/** Builds the folded graph, kernel by kernel. */
class FoldedGraph {
  readonly #graph: KernelGraph
  readonly #maps: FoldableMaps
  /** The same step for smaller images, by fold. */
  readonly #smaller: ReadonlyMap<string, KernelGraph>
  /** The fold at which the kernels of the forward pass work. */
  readonly #foldOf: ReadonlyMap<KernelNode, Fold>
  /** Maps of the forward pass that are read with less left out than they are computed with. */
  readonly #handedOn: ReadonlySet<ValueId>
  readonly #gradients: Gradients
  readonly #folded: GrowingGraph
  /** What stands for values that depend on the arguments, by fold; the first as it was computed. */
  readonly #versions = new Map<ValueId, { readonly fold: Fold; readonly value: ValueId }[]>()

  constructor(
    graph: KernelGraph,
    maps: FoldableMaps,
    poolings: ReadonlyMap<ValueId, Fold>,
    smaller: ReadonlyMap<string, KernelGraph>,
  ) {
    this.#graph = graph
    this.#maps = maps
    this.#smaller = smaller
    this.#foldOf = foldsOfKernels(maps, new Map([...poolings].filter(([, fold]) => smaller.has(`${fold}`))))
    this.#handedOn = readFurther(this.#foldOf)
    this.#gradients = new Gradients(graph, maps)
    this.#folded = new GrowingGraph(graph.values)
    for (const { value, kind } of graph.inputs) if (kind !== 'captured') this.#define(value, unfolded, value)
  }

  build(): KernelGraph {
    for (const [index, node] of this.#graph.nodes.entries()) this.#add(node, index)
    for (const value of resultsOf(this.#graph)) {
      if (this.#at(value, unfolded) !== value) throw new Unfoldable(`result ${value} is a folded map`)
    }
    return { ...this.#graph, values: this.#folded.values, nodes: this.#folded.nodes }
  }

  #add(node: KernelNode, index: number): void {
    const dependent = inputsOf(node).filter((value) => this.#isDependent(value))
    if (dependent.length === 0) {
      this.#folded.nodes.push(node)
      return
    }
    if (this.#maps.paddings.has(node.outputs[0])) return // padded where it is read, by as much as is read
    const fold = this.#foldOf.get(node) ?? this.#foldOfGradient(node, dependent)
    const smaller = this.#smaller.get(`${fold}`)
    if (smaller !== undefined) this.#addFolded(node, fold, smaller, smaller.nodes[index])
    else {
      this.#folded.nodes.push({ ...node, inputs: this.#inputsAt(node, fold) })
      for (const value of node.outputs) this.#define(value, unfolded, value)
    }
  }

  /** A kernel of the smaller graph. Of gradients that are sums over all cells, those of weights, there is one version. */
  #addFolded(node: KernelNode, fold: Fold, { values }: KernelGraph, twin: KernelNode): void {
    const isForward = this.#maps.nodes.has(node)
    if (isForward && !this.#maps.isLocal(node)) throw new Unfoldable(`${node.kernel} sees all cells`)
    const inputs = this.#inputsAt(node, fold)
    const outputs = node.outputs.map((value) => {
      const isMap = `${values[value].shape}` !== `${this.#graph.values[value].shape}`
      if (!isMap && isForward) throw new Unfoldable(`${node.kernel} gives no map`)
      return isMap
        ? this.#define(value, fold, this.#folded.newValue(values[value]))
        : this.#define(value, unfolded, value)
    })
    this.#folded.nodes.push({ ...twin, inputs, outputs })
  }

  /**
   * A pooling's gradient works where the pooling did, other gradients where the maps are that they are computed from. Maps
   * that are read at several folds leave it to the gradients, of which the most folded one decides.
   */
  #foldOfGradient({ kernel, inputs }: KernelNode, dependent: readonly ValueId[]): Fold {
    if (kernel === 'MaxPoolGrad') return this.#home(inputs.output)
    const maps = dependent.filter((value) => this.#isMap(value))
    const fixed = maps.filter((value) => this.#gradients.isForward(value) && !this.#isHandedOn(value))
    const gradients = maps.filter((value) => !this.#gradients.isForward(value))
    const deciding = [fixed, gradients].find((values) => values.length > 0) ?? []
    return deciding.map((value) => this.#home(value)).reduce((a, b) => (isAtLeast(a, b) ? a : b), unfolded)
  }

  #inputsAt(node: KernelNode, fold: Fold): Record<string, ValueId> {
    return Object.fromEntries(Object.entries(node.inputs).map(([name, value]) => [name, this.#at(value, fold)]))
  }

  /** A value at a fold. */
  #at(value: ValueId, fold: Fold): ValueId {
    const versions = this.#versions.get(value)
    const known = versions?.find((version) => `${version.fold}` === `${fold}`)
    if (known !== undefined) return known.value
    if (!this.#isMap(value)) return this.#independent(value, fold)
    const padding = this.#maps.paddings.get(value)
    if (padding !== undefined) return this.#padded(padding, fold)
    if (versions === undefined) {
      if (`${fold}` === `${unfolded}`) return value // a constant map
      throw new Unfoldable(`map ${value} is not folded`)
    }
    const [home] = versions
    const result = this.#gradients.isForward(value)
      ? this.#unfold(value, home.value, home.fold, fold)
      : this.#fold(value, home.value, home.fold, fold)
    return this.#define(value, fold, result)
  }

  /** Weights, constants, and sums over all cells: the same at every fold, unless a constant knows the sizes. */
  #independent(value: ValueId, fold: Fold): ValueId {
    const smaller = this.#smaller.get(`${fold}`)
    if (smaller === undefined) return value
    const isConstant = (each: { readonly value: ValueId }) => each.value === value
    const [own, other] = [this.#graph, smaller].map((graph) => graph.constants.find(isConstant))
    if (JSON.stringify(own) === JSON.stringify(other)) return value
    throw new Unfoldable(`constant ${value} is another one at another size`)
  }

  /** The image with less around it. */
  #padded(padding: KernelNode, fold: Fold): ValueId {
    const [output] = padding.outputs
    const cells = padding.attributes.paddings as readonly (readonly number[])[]
    const fewer = [0, ...fold, 0]
    const paddings = cells.map((sides, axis) => sides.map((count) => count - fewer[axis]))
    if (paddings.flat().some((count) => count < 0)) throw new Unfoldable('a padding is smaller than its fold')
    const { shape, dtype } = this.#graph.values[output]
    const info = { shape: shape.map((length, axis) => length - 2 * fewer[axis]), dtype }
    const value = `${fold}` === `${unfolded}` ? output : this.#folded.newValue(info)
    const inputs = this.#inputsAt(padding, unfolded)
    this.#folded.nodes.push({ ...padding, inputs, attributes: { ...padding.attributes, paddings }, outputs: [value] })
    return this.#define(output, fold, value)
  }

  /** Puts copies of the rows and columns back that a larger fold has left out. */
  #unfold(map: ValueId, version: ValueId, from: Fold, to: Fold): ValueId {
    if (!isAtLeast(from, to)) throw new Unfoldable(`map ${map} is needed with more left out`)
    return this.#alongAxes(map, version, from, to, (value, axis, { first, last, count }) => {
      const copies = (cell: number) =>
        this.#folded.repeated(this.#folded.slice(value, axis, cell, cell + 1), axis, count)
      const parts = [[0, first + 1], copies(first), [first + 1, last + 1], copies(last), [last + 1]]
      return this.#folded.joined(value, axis, parts)
    })
  }

  /** Adds up the gradients of rows and columns that a larger fold leaves out. */
  #fold(gradient: ValueId, version: ValueId, from: Fold, to: Fold): ValueId {
    const map = this.#gradients.mapOf(gradient)
    if (map === undefined || !isAtLeast(to, from)) throw new Unfoldable(`gradient ${gradient} cannot be folded`)
    return this.#alongAxes(map, version, to, from, (value, axis, { first, last: lastFolded, count }) => {
      const last = lastFolded + count // the copies of the first cell are still there
      const sum = (cell: number) => this.#folded.sum(this.#folded.slice(value, axis, cell, cell + count + 1), axis)
      const parts = [[0, first], sum(first), [first + count + 1, last], sum(last), [last + count + 1]]
      return this.#folded.joined(value, axis, parts)
    })
  }

  /** Does something along both axes, told which cells of the more folded map are copied, and how often. */
  #alongAxes(
    map: ValueId,
    version: ValueId,
    folded: Fold,
    less: Fold,
    change: (
      value: ValueId,
      axis: number,
      cells: { readonly first: number; readonly last: number; readonly count: number },
    ) => ValueId,
  ): ValueId {
    const equal = this.#maps.equalCells(map)
    if (equal === undefined) throw new Unfoldable(`map ${map} has no equal cells`)
    return equal.reduce((value, { before, behind, count, stride }: EqualCells, axis) => {
      const [left, put] = [folded[axis] / stride, (folded[axis] - less[axis]) / stride]
      if (!Number.isInteger(left) || !Number.isInteger(put) || left >= count) throw new Unfoldable('strides differ')
      return put === 0 ? value : change(value, axis + 1, { first: before, last: behind - left, count: put })
    }, version)
  }

  #define(value: ValueId, fold: Fold, version: ValueId): ValueId {
    this.#versions.set(value, [...(this.#versions.get(value) ?? []), { fold, value: version }])
    return version
  }

  #isDependent(value: ValueId): boolean {
    return this.#versions.has(value) || this.#maps.paddings.has(value)
  }

  /** Whether a value has other sizes for smaller images. */
  #isMap(value: ValueId): boolean {
    const { shape } = this.#graph.values[value]
    return [...this.#smaller.values()].some(({ values }) => `${values[value].shape}` !== `${shape}`)
  }

  #isHandedOn(value: ValueId): boolean {
    return this.#maps.paddings.has(value) || this.#handedOn.has(value)
  }

  #home(value: ValueId): Fold {
    return this.#versions.get(value)?.[0].fold ?? unfolded
  }
}

/** Kernels of the forward pass work with as much left out as the next pooling behind them allows. */
function foldsOfKernels(maps: FoldableMaps, pooled: ReadonlyMap<ValueId, Fold>): Map<KernelNode, Fold> {
  const wanted = new Map<ValueId, Fold>()
  const folds = new Map<KernelNode, Fold>()
  for (const node of [...maps.nodes].reverse()) {
    const [output] = node.outputs
    const fold = [pooled.get(output), ...node.outputs.map((value) => wanted.get(value))]
      .filter((each) => each !== undefined)
      .reduce((a, b) => (isAtLeast(a, b) ? a : b), unfolded)
    folds.set(node, fold)
    if (maps.paddings.has(output)) continue // what is padded is whole
    for (const value of inputsOf(node)) {
      const other = wanted.get(value)
      if (other === undefined || isAtLeast(fold, other)) wanted.set(value, fold)
    }
  }
  return folds
}

/** Maps that a kernel reads at another fold than they are computed at. */
function readFurther(folds: ReadonlyMap<KernelNode, Fold>): Set<ValueId> {
  const homes = new Map([...folds].flatMap(([{ outputs }, fold]) => outputs.map((value) => [value, fold])))
  const isFurther = (value: ValueId, fold: Fold) => homes.has(value) && `${homes.get(value)}` !== `${fold}`
  return new Set([...folds].flatMap(([node, fold]) => inputsOf(node).filter((value) => isFurther(value, fold))))
}
