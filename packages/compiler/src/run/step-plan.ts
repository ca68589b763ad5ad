import { removeUnused } from '../graph/dead-code.js'
import { inputsOf, type KernelGraph, sizeOf, type ValueId } from '../graph/kernel-graph.js'
import { type AffineGroup, affineUpdates, scalarsOf } from './affine-update.js'
import { filterGradientSizes, type Sizes } from './filter-gradient.js'

/** From how many elements on variables are treated otherwise than small ones. */
export interface StepLimits {
  /** Smaller variables come out of the session with their new values. */
  readonly inPlace: number
  /** Gradients of filters from here on are computed in pieces. */
  readonly inPieces: number
}

/** 256 KB and 16 MB: copies of less cost less than another call. */
const usualLimits: StepLimits = { inPlace: 2 ** 16, inPieces: 2 ** 22 }

/** How a training step is divided between the session and what follows it. */
export interface StepPlan {
  /** What the session computes: the loss, then `outputs`; and the assignments that are left to it. */
  readonly graph: KernelGraph
  /** What each further output of the session is, in order. */
  readonly outputs: readonly ValueId[]
  /** Which assignments of the whole graph the session still makes. */
  readonly assigned: readonly number[]
  /** Variables that are updated where they lie. */
  readonly inPlace: readonly AffineGroup[]
  /** Gradients that are computed in pieces, from the two values that the session gives for each. */
  readonly inPieces: ReadonlyMap<ValueId, GradientInPieces>
}

interface GradientInPieces {
  readonly sizes: Sizes
  readonly x: ValueId
  readonly dy: ValueId
}

/**
 * Plans a step whose graph gives the loss and the gradients, and assigns the variables.
 *
 * Large variables whose update is a weighted sum are updated outside of the session, so that ONNX Runtime copies their
 * gradients out and not their new values and momenta; of the largest filters not even the gradients.
 */
export function planStep(graph: KernelGraph, limits: StepLimits = usualLimits): StepPlan {
  const [loss, ...gradients] = graph.outputs
  const inPlace = affineUpdates(graph, new Set(gradients), limits.inPlace)
  const moved = new Set(inPlace.flatMap(({ targets }) => targets.map(({ assignment }) => assignment)))
  const assigned = graph.assignments.flatMap((_, i) => (moved.has(i) ? [] : [i]))
  const assignments = assigned.map((i) => graph.assignments[i])
  const inputs = new Set(graph.inputs.map(({ value }) => value))
  const sources = new Set(inPlace.flatMap(({ sources }) => sources).filter((source) => !inputs.has(source)))
  const scalars = scalarsOf(inPlace)

  const withoutPieces = removeUnused({ ...graph, outputs: [loss, ...sources, ...scalars], assignments })
  const inPieces = piecesOf(withoutPieces, sources, limits.inPieces)
  const pieces = [...inPieces.values()].flatMap(({ x, dy }) => [x, dy])
  const outputs = [...new Set([...[...sources].filter((source) => !inPieces.has(source)), ...pieces, ...scalars])]
  return {
    graph: removeUnused({ ...graph, outputs: [loss, ...outputs], assignments }),
    outputs,
    assigned,
    inPlace,
    inPieces,
  }
}

/** The large filter gradients that nothing but the update reads. */
function piecesOf(graph: KernelGraph, sources: ReadonlySet<ValueId>, smallest: number): StepPlan['inPieces'] {
  const read = new Set([
    ...graph.nodes.flatMap(inputsOf),
    ...graph.assignments.map(({ value }) => value),
    graph.outputs[0],
  ])
  const pieces = new Map<ValueId, GradientInPieces>()
  for (const node of graph.nodes) {
    const [gradient] = node.outputs
    if (!sources.has(gradient) || read.has(gradient)) continue
    if (sizeOf(graph.values[gradient].shape) < smallest) continue
    const sizes = filterGradientSizes(node, graph)
    if (sizes !== undefined) pieces.set(gradient, { sizes, x: node.inputs.x, dy: node.inputs.dy })
  }
  return pieces
}
