import { PixelwiseError } from '@pixelwise/masks/shared'
import type * as tf from '@tensorflow/tfjs-core'
import type { LayersModel } from '@tensorflow/tfjs-layers'
import type { KernelGraph, ValueId } from '../graph/kernel-graph.js'
import { optimise } from '../graph/optimise.js'
import { type LoweredGraph, type LowerOptions, lowerGraph } from '../onnx/lower-graph.js'
import { hostValues } from '../run/host-memory.js'
import type { OnnxTensorData } from '../run/onnx-runtime.js'
import type { TensorSignature } from '../trace/trace.js'
import { traceModel } from '../trace/trace-model.js'
import { generalise } from './generalise.js'
import { type FreeShape, type SampleCount, sampleSizes } from './sample-sizes.js'

/** A model's prediction in ONNX's operators, with the weights inside, for one size of inputs or for all. */
export interface LoweredModel {
  readonly graph: KernelGraph
  readonly lowered: LoweredGraph
  /** The tensors whose values are inside, and the identity of these values: assigning others changes it. */
  readonly captured: readonly (readonly [tensor: tf.Tensor, dataId: object])[]
}

export interface LoweredForAnySize extends LoweredModel {
  /** Traces the model at a size: in words, why this is not what it does there; undefined where it is. */
  difference(signatures: readonly TensorSignature[]): Promise<string | undefined>
}

export type LowerModelOptions = Omit<LowerOptions, 'embed'>

/** Lowers a model for inputs of one size. */
export async function lowerModel(
  model: LayersModel,
  signatures: readonly TensorSignature[],
  options: LowerModelOptions = {},
): Promise<LoweredModel> {
  const { graph: traced, captured } = traceModel(model, signatures, options)
  const read = [...captured.values()].map((tensor) => [tensor, tensor.dataId] as const)
  const graph = optimise(traced)
  const embed = new Map<ValueId, OnnxTensorData>()
  for (const [value, tensor] of captured) embed.set(value, await hostValues(tensor))
  return { graph, lowered: lowerGraph(graph, { ...options, embed }), captured: read }
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
    const found = await lowerForFree(model, [signatures, ...sizes], options)
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
    lowered: { ...first.lowered, onnx: general.onnx },
    difference: async (signatures) => general.difference((await lowerModel(model, signatures, shared)).lowered),
  }
}
