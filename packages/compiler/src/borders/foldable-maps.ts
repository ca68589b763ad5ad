import { removeUnused } from '../graph/dead-code.js'
import type { KernelGraph, KernelNode, ValueId } from '../graph/kernel-graph.js'
import { alongBoth, type Extent } from './area.js'
import { type Dependence, dependenceOf, isOuterPadding, uniformAreas } from './dependence.js'
import { leastCommonMultiple } from './needs.js'
import { periodOf } from './smaller-size.js'

/** Rows and columns of the padded image that are left out, as many on each side. */
export type Fold = readonly [rows: number, columns: number]

export const unfolded: Fold = [0, 0]

/** Whether a fold leaves out as much as another, in both directions. */
export function isAtLeast(fold: Fold, other: Fold): boolean {
  return fold.every((pixels, axis) => pixels >= other[axis])
}

/** Where, along an axis, the cells of a map are equal: before the image, and as many behind it. */
export interface EqualCells {
  readonly before: number
  readonly behind: number
  readonly count: number
  /** Pixels of the padded image from one cell to the next. */
  readonly stride: number
}

/** The maps of a step's forward pass that have equal rows and columns between their edges and what sees the image. */
export class FoldableMaps {
  /** The kernels that the loss, a graph's first result, depends on. */
  readonly nodes: ReadonlySet<KernelNode>
  /** What lays cells around the image, by the padded image. */
  readonly paddings: ReadonlyMap<ValueId, KernelNode>
  readonly #graph: KernelGraph
  readonly #dependence: Dependence
  readonly #uniform: ReturnType<typeof uniformAreas>

  constructor(graph: KernelGraph) {
    this.#graph = removeUnused({ ...graph, outputs: graph.outputs.slice(0, 1), assignments: [] })
    this.#dependence = dependenceOf(this.#graph)
    this.#uniform = uniformAreas(this.#graph, this.#dependence)
    this.nodes = new Set(this.#graph.nodes)
    const paddings = this.#graph.nodes.filter((node) => isOuterPadding(node, this.#graph, this.#dependence))
    this.paddings = new Map(paddings.map((node) => [node.outputs[0], node]))
  }

  /** Whether a kernel works cell by cell or by windows alone, so that it does the same on smaller maps. */
  isLocal(node: KernelNode): boolean {
    return this.#dependence.readings.has(node)
  }

  /** Rows, then columns; undefined where there are none in both directions, or where it is not known. */
  equalCells(value: ValueId): readonly [EqualCells, EqualCells] | undefined {
    const [inner, same] = [this.#dependence.areas.get(value), this.#uniform.get(value)]
    if (inner === undefined || same === undefined) return undefined
    const strides = periodOf(this.#graph, [value])
    const found = alongBoth((axis) => equalBetween(same[axis], inner[axis], strides[axis]))
    return found.every(({ count }) => count > 0) ? found : undefined
  }

  /**
   * By how much maps up to a pooling may be folded, so that its result still has one of its equal rows and columns, and
   * an image remains. Behind poolings maps are small, and their gradients know the maps that they belong to.
   */
  foldsOfPoolings(): Map<ValueId, Fold> {
    const image = imageShape(this.#graph)
    const folds = new Map<ValueId, Fold>()
    if (image === undefined || this.paddings.size === 0) return folds
    const poolings = this.#graph.nodes.filter(isReducing)
    // By whole strides, also of what comes behind: sizes are rounded there as they are for the whole image.
    const periods = periodOf(
      this.#graph,
      poolings.flatMap(({ outputs }) => outputs),
    )
    for (const node of poolings) {
      const equal = this.equalCells(node.outputs[0])
      if (equal === undefined) continue
      const fold = alongBoth((axis) => {
        const { count, stride } = equal[axis]
        const unit = leastCommonMultiple(stride, Math.ceil(periods[axis] / 2))
        const most = Math.min((count - 1) * stride, (image[axis + 1] - 1) / 2)
        return Math.max(0, Math.floor(most / unit)) * unit
      })
      if (`${fold}` !== `${unfolded}`) folds.set(node.outputs[0], fold)
    }
    return folds
  }
}

function equalBetween(uniform: Extent, dependent: Extent, stride: number): EqualCells {
  const count = Math.min(dependent.from - uniform.from, uniform.to - dependent.to)
  return { before: uniform.from, behind: dependent.to, count, stride }
}

function isReducing({ kernel, attributes }: KernelNode): boolean {
  return kernel === 'MaxPool' && [attributes.strides].flat().every((stride) => Number(stride) > 1)
}

/** The first argument that is a batch of images. */
function imageShape({ inputs, values }: KernelGraph): readonly number[] | undefined {
  const image = inputs.find(({ kind, value }) => kind === 'argument' && values[value].shape.length === 4)
  return image && values[image.value].shape
}

/** The shapes of the arguments with a smaller image: those that have its rows and columns become smaller with it. */
export function shapesAt(graph: KernelGraph, [rows, columns]: Fold): number[][] {
  const [, height, width] = imageShape(graph) ?? []
  return graph.inputs.flatMap(({ kind, value }) => {
    if (kind !== 'argument') return []
    const { shape } = graph.values[value]
    if (shape.length < 3 || shape[1] !== height || shape[2] !== width) return [[...shape]]
    return [[shape[0], height - 2 * rows, width - 2 * columns, ...shape.slice(3)]]
  })
}
