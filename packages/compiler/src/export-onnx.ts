import { PixelwiseError } from '@pixelwise/masks/shared'
import type { LayersModel } from '@tensorflow/tfjs-layers'
import { checkMaps, checkShapes } from './export-onnx-inputs.js'
import type { KernelRegistry } from './kernels/kernel-definition.js'
import { type EncodedFiles, type ExternalDataOptions, encodeModel, encodeModelFiles } from './onnx/encode-model.js'
import type { OnnxGraph } from './onnx/onnx-graph.js'
import { lowerForAnySize, lowerModel } from './sizes/lower-model.js'
import type { TensorSignature } from './trace/trace.js'

/** How a model is written as ONNX. */
export interface ExportOptions {
  /** Shape of each input, `[N, H, W, C]`, for a file of this size alone. Left out, the file takes any size. */
  readonly inputs?: readonly TensorSignature[]
  /** Text stored beside the graph, such as preprocessing and classes. */
  readonly metadata?: Readonly<Record<string, string>>
  readonly kernels?: KernelRegistry
}

/**
 * A model as the bytes of an ONNX file (opset 17) with its weights inside.
 *
 * The file takes all sizes that the model's inputs leave free (`batch`, `height` and `width` in the file), or the one
 * given. Inputs and outputs bear the names of their layers and keep tfjs's order of axes, `[N, H, W, C]`.
 * Throws `onnx/bad-input` where the shapes given do not fit, `onnx/size-needed` where one file cannot serve all sizes,
 * `compiler/no-lowering` naming the kernel and its layer, `onnx/too-large` from 2 GiB on, and what `trace` throws.
 *
 * @example
 * await writeFile('net.onnx', await exportOnnx(model))
 */
export async function exportOnnx(model: LayersModel, options: ExportOptions = {}): Promise<Uint8Array<ArrayBuffer>> {
  return encodeModel(await exportGraph(model, options), options.metadata)
}

/**
 * A model as an ONNX file whose large weights are in a second file, for models of any size; see {@link exportOnnx}.
 *
 * @example
 * const { model: file, data } = await exportOnnxFiles(model, { location: 'net.onnx.data' })
 */
export async function exportOnnxFiles(
  model: LayersModel,
  options: ExportOptions & ExternalDataOptions,
): Promise<EncodedFiles> {
  return encodeModelFiles(await exportGraph(model, options), options, options.metadata)
}

/** Nets that score whole images take at least this. */
const exampleLength = 224

async function exportGraph(model: LayersModel, { inputs, kernels }: ExportOptions): Promise<OnnxGraph> {
  const options = {
    ...(kernels !== undefined && { kernels }),
    name: model.name,
    convolution: 'direct' as const, // what every reader of ONNX files knows best
    portable: true,
    outputNames: model.outputs.map(({ sourceLayer }) => sourceLayer.name),
  }
  const free = model.inputs.some(({ shape }) => shape.includes(null))
  if (inputs !== undefined || !free) {
    if (inputs !== undefined) checkShapes(model, inputs)
    const sizes = inputs ?? model.inputs.map(({ shape }) => ({ shape: shape as number[] })) // no null, as `free` says
    const { graph, lowered } = await lowerModel(model, sizes, options)
    checkMaps(model, graph)
    return lowered.onnx
  }
  const example = model.inputs.map(({ shape }) => ({
    shape: shape.map((length, axis) => length ?? (axis === 0 ? 1 : exampleLength)),
  }))
  const general = await lowerForAnySize(model, example, options, 'many')
  if (typeof general !== 'string') return general.lowered.onnx
  throw new PixelwiseError('onnx/size-needed', {
    what: `model "${model.name}" cannot be one graph for all sizes (${general})`,
    rule: 'its kernels must be the same at every size, and their sizes follow from earlier ones',
    next: 'pass the shapes of the inputs: { inputs: [{ shape: [1, 500, 500, 3] }] }',
  })
}
