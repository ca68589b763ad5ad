import type { LayersModel } from '@tensorflow/tfjs-layers'
import { optimise } from './graph/optimise.js'
import type { KernelRegistry } from './kernels/kernel-definition.js'
import { standardKernels } from './kernels/standard-kernels.js'
import { encodeModel } from './onnx/encode-model.js'
import { lowerGraph } from './onnx/lower-graph.js'
import { readCaptured } from './run/captured-values.js'
import type { TensorSignature } from './trace/trace.js'
import { traceModel } from './trace/trace-model.js'

export interface ExportOptions {
  /** Shape of each input, `[N, H, W, C]`; the file is for these sizes alone. */
  readonly inputs: readonly TensorSignature[]
  /** Text stored beside the graph, such as preprocessing and classes. */
  readonly metadata?: Readonly<Record<string, string>>
  readonly kernels?: KernelRegistry
}

/**
 * A model as the bytes of an ONNX file (opset 17) with its weights inside.
 *
 * Inputs and outputs bear the names of their layers and keep tfjs's order of axes, `[N, H, W, C]`. Throws `compiler/no-lowering` naming
 * the kernel and its layer, `onnx/too-large` from 2 GiB on, and what `trace` throws.
 *
 * @example
 * await writeFile('net.onnx', await exportOnnx(model, { inputs: [{ shape: [1, 256, 256, 3] }] }))
 */
export async function exportOnnx(model: LayersModel, options: ExportOptions): Promise<Uint8Array> {
  const { inputs, metadata, kernels = standardKernels() } = options
  const { graph, captured } = traceModel(model, inputs, { kernels })
  const { onnx } = lowerGraph(optimise(graph), {
    embed: await readCaptured(captured),
    kernels,
    name: model.name,
    outputNames: model.outputs.map(({ sourceLayer }) => sourceLayer.name),
  })
  return encodeModel(onnx, metadata)
}
