/**
 * Traces TensorFlow.js code once, lowers it to ONNX, runs it on ONNX Runtime and exports it.
 *
 * @module @pixelwise/compiler
 */
export { type ExportOptions, exportOnnx, exportOnnxFiles } from './export-onnx.js'
export { absorbPadding } from './graph/absorb-padding.js'
export { removeDuplicates } from './graph/common-subexpressions.js'
export { foldConstants } from './graph/constant-folding.js'
export { removeUnused } from './graph/dead-code.js'
export type * from './graph/kernel-graph.js'
export { optimise } from './graph/optimise.js'
export { type Replayed, replay } from './graph/replay.js'
export type { InputInfos, KernelDefinition, KernelRegistry } from './kernels/kernel-definition.js'
export { standardKernels } from './kernels/standard-kernels.js'
export {
  type EncodedFiles,
  type ExternalDataOptions,
  encodeModel,
  encodeModelFiles,
  opset,
} from './onnx/encode-model.js'
export { type LoweredGraph, type LowerOptions, lowerGraph } from './onnx/lower-graph.js'
export type { ConvolutionChoice, LoweringContext } from './onnx/lowering-context.js'
export type { Layout } from './onnx/onnx-builder.js'
export type { OnnxAttribute, OnnxGraph, OnnxNode, OnnxTensor, OnnxType, OnnxValue } from './onnx/onnx-graph.js'
export type { CompileOptions } from './run/compile-options.js'
export { compileTrainStep, type TrainStep } from './run/compile-train-step.js'
export { CompiledEngine, type CompiledEngineOptions } from './run/compiled-engine.js'
export { compile } from './run/compiled-model.js'
export { compileStep, traceStep } from './run/compiled-step.js'
export type * from './run/onnx-runtime.js'
export type { SessionMaker } from './run/session.js'
export { type TensorSignature, type Trace, type TraceOptions, trace } from './trace/trace.js'
export { traceModel } from './trace/trace-model.js'
