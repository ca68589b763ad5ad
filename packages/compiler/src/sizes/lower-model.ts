import { PixelwiseError } from '@pixelwise/masks/shared'
import type * as tf from '@tensorflow/tfjs-core'
import type { LayersModel } from '@tensorflow/tfjs-layers'
import type { Strip } from '../borders/partial-graph.js'
import { choosePlaces, type Places, reuseBorders } from '../borders/reuse-borders.js'
import { absorbPadding } from '../graph/absorb-padding.js'
import { foldWeights } from '../graph/constant-folding.js'
import { removeUnused } from '../graph/dead-code.js'
import type { KernelGraph, ValueId } from '../graph/kernel-graph.js'
import { simplify } from '../graph/optimise.js'
import { type HostValues, hostValues } from '../memory/host-memory.js'
import { type LoweredGraph, type LowerOptions, lowerGraph } from '../onnx/lower-graph.js'
import type { OnnxGraph } from '../onnx/onnx-graph.js'
import type { TensorSignature, Trace, TraceOptions } from '../trace/trace.js'
import { traceModel } from '../trace/trace-model.js'
import { generalise } from './generalise.js'
import { type FreeShape, type SampleCount, sampleSizes } from './sample-sizes.js'

/** A model's prediction in ONNX's operators, with the weights inside, for one size of inputs or for all. */
export interface LoweredModel {
  readonly graph: KernelGraph
  readonly lowered: LoweredGraph
  /** The tensors whose values are inside, and the identity of these values: assigning others changes it. */
  readonly captured: readonly (readonly [tensor: tf.Tensor, dataId: object])[]
  /** What is handed to the graph besides the arguments, where borders are reused. */
  readonly borders?: Borders
}

/** Parts of a model's maps that are the same for all images of a size. */
export interface Borders {
  /** The graph that computes them with everything else. */
  readonly of: KernelGraph
  readonly strips: readonly Strip[]
}

export interface LoweredForAnySize extends LoweredModel {
  /** Traces the model at a size: the same graph with the borders of that size; in words, how it differs, where it does. */
  lowerAt(signatures: readonly TensorSignature[]): Promise<LoweredModel | string>
}

/** The maps whose borders are reused; chosen at the first size, and the same at all others. */
export interface BorderChoice {
  places?: Places
}

export interface LowerModelOptions extends Omit<LowerOptions, 'embed'> {
  /** Whether borders that do not depend on the image are handed in; left out, everything is computed. */
  readonly borders?: BorderChoice
}

/** Lowers a model for inputs of one size. */
export async function lowerModel(
  model: LayersModel,
  signatures: readonly TensorSignature[],
  options: LowerModelOptions = {},
): Promise<LoweredModel> {
  const { graph: whole, captured } = simplifiedModel(model, signatures, options)
  const read = [...captured.values()].map((tensor) => [tensor, tensor.dataId] as const)
  const { borders: choice, ...lowering } = options
  const pasted = choice === undefined ? undefined : withBorders(whole, choice, options)
  const padded = absorbPadding(pasted?.graph ?? whole)
  const embed = new Map<ValueId, HostValues>()
  for (const [value, tensor] of captured) embed.set(value, await hostValues(tensor))
  // ONNX Runtime computes what depends on weights alone as it reads them; others cannot.
  const graph = removeUnused(options.portable ? foldWeights(padded, embed) : padded)
  const borders = pasted && { of: whole, strips: pasted.strips }
  return { graph, lowered: lowerGraph(graph, { ...lowering, embed }), captured: read, ...(borders && { borders }) }
}

/** A model's prediction as a graph in which padding is a kernel of its own. */
export function simplifiedModel(
  model: LayersModel,
  signatures: readonly TensorSignature[],
  options: TraceOptions = {},
): Pick<Trace, 'graph' | 'captured'> {
  const { graph, captured } = traceModel(model, signatures, options)
  checkNothingAssigned(model, graph)
  return { graph: simplify(graph), captured }
}

function checkNothingAssigned(model: LayersModel, { assignments }: KernelGraph): void {
  const [first] = assignments
  if (first === undefined) return
  throw new PixelwiseError('compiler/assigns-while-predicting', {
    what: `model "${model.name}" assigns variable "${first.variable}" while it predicts`,
    rule: 'a compiled prediction computes outputs and changes nothing',
    next: 'run this net eagerly, or make what it remembers an input and an output',
  })
}

function withBorders(graph: KernelGraph, choice: BorderChoice, { kernels }: LowerModelOptions) {
  choice.places ??= choosePlaces(graph, kernels)
  return reuseBorders(graph, choice.places, kernels)
}

/**
 * Lowers a model once for all sizes that its inputs leave free: batch, height and width, or height and width alone. In
 * words, what stands in the way, where it cannot be done.
 */
export async function lowerForAnySize(
  model: LayersModel,
  signatures: readonly TensorSignature[],
  options: LowerModelOptions = {},
  samples: SampleCount = 'some',
): Promise<LoweredForAnySize | string> {
  const free = model.inputs.map(({ shape }): FreeShape => shape)
  const batchGiven = free.map((shape, i): FreeShape => [signatures[i]?.shape[0] ?? null, ...shape.slice(1)])
  let reason = 'its inputs have one size'
  for (const shapes of [free, batchGiven]) {
    const sizes = sampleSizes(signatures, shapes, samples)
    if (sizes.length === 0) continue
    const { borders, ...plain } = options
    const all = [signatures, ...sizes]
    const reused = borders && (await lowerForFree(model, all, { ...plain, borders }))
    if (reused !== undefined && typeof reused !== 'string') return reused
    const found = await lowerForFree(model, all, plain)
    if (typeof found !== 'string') return found
    reason = found
  }
  return reason
}

/** The first size is the one for which the fastest ways to compute are chosen. */
async function lowerForFree(
  model: LayersModel,
  sizes: readonly (readonly TensorSignature[])[],
  options: LowerModelOptions,
): Promise<LoweredForAnySize | string> {
  const shared = { ...options, choices: new Map<number, string>() }
  const lowered: LoweredModel[] = []
  try {
    for (const size of sizes) lowered.push(await lowerModel(model, size, shared))
  } catch (error) {
    if (error instanceof PixelwiseError) return error.message // it takes no other sizes
    throw error
  }
  const [, ...samples] = lowered // sizes that differ in everything that may differ; of the first, two may be equal
  const general = generalise(samples.map((sample) => sample.lowered))
  if (typeof general === 'string') return general
  const [first] = samples
  return {
    ...first,
    lowered: { ...first.lowered, onnx: withFreeBorders(general.onnx, first) },
    lowerAt: async (signatures) => {
      const there = await lowerModel(model, signatures, shared)
      return general.difference(there.lowered) ?? there
    },
  }
}

/** Borders have their own lengths at every size, though some may be equal in all samples. */
function withFreeBorders(onnx: OnnxGraph, { graph, lowered }: LoweredModel): OnnxGraph {
  const values = graph.inputs.flatMap(({ kind, value }) => (kind === 'border' ? [value] : []))
  const names = new Set(values.map((value) => lowered.inputNames.get(value)))
  const inputs = onnx.inputs.map((input) => {
    if (!names.has(input.name)) return input
    const [batch, , , channels] = input.shape
    return { ...input, shape: [batch, `${input.name}_height`, `${input.name}_width`, channels] }
  })
  return { ...onnx, inputs }
}
