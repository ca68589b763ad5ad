import type { HostValues } from '../memory/host-memory.js'

/** The part of ONNX Runtime's JavaScript interface that is used here; `onnxruntime-node` and `onnxruntime-web` have it. */
export interface OnnxRuntime {
  readonly InferenceSession: {
    /** From the bytes of a model, or, in Node, from the path of a file. */
    create(model: Uint8Array | string, options?: SessionOptions): Promise<OnnxSession>
  }
  readonly Tensor: new (type: OnnxTensorType, data: OnnxTensorData, shape: readonly number[]) => OnnxRuntimeTensor
  /** Whether sessions write results into the tensors given for them; `onnxruntime-web` leaves those as they are. */
  readonly fillsResults?: boolean
}

/** The element types that pass between TensorFlow.js and ONNX Runtime. */
export type OnnxTensorType = 'float32' | 'int32' | 'bool'
/** The values of a tensor; booleans are bytes. */
export type OnnxTensorData = HostValues

/** A tensor of ONNX Runtime. */
export interface OnnxRuntimeTensor {
  readonly type: string
  readonly dims: readonly number[]
  readonly data: unknown
}

/** A model ready to run in ONNX Runtime. */
export interface OnnxSession {
  /** `results` names every output: with the tensor to write it into, or null for a new one. */
  run(
    feeds: Readonly<Record<string, OnnxRuntimeTensor>>,
    results?: Readonly<Record<string, OnnxRuntimeTensor | null>>,
  ): Promise<Readonly<Record<string, OnnxRuntimeTensor>>>
  /** Frees the session; it cannot run again. */
  release(): Promise<void>
}

/** Where ONNX Runtime computes: `cpu` everywhere; `webgpu`, `cuda`, `dml`, `coreml` as the platform has them. */
export type ExecutionProvider = string | { readonly name: string; readonly [option: string]: unknown }

/** Options of a session, as ONNX Runtime names them. */
export interface SessionOptions {
  /** Where to compute, in order of preference. Default: ONNX Runtime's. */
  readonly executionProviders?: readonly ExecutionProvider[]
  readonly intraOpNumThreads?: number
  readonly graphOptimizationLevel?: 'disabled' | 'basic' | 'extended' | 'all'
  /** Whether memory freed between runs is kept for the next one. Default true. */
  readonly enableCpuMemArena?: boolean
  /** Whether memory is planned ahead for sizes seen before. Default true. */
  readonly enableMemPattern?: boolean
  /** Where to store the optimised graph, in Node. */
  readonly optimizedModelFilePath?: string
  /** Further settings, grouped as ONNX Runtime groups them; values are text. */
  readonly extra?: Readonly<Record<string, unknown>>
  readonly logSeverityLevel?: 0 | 1 | 2 | 3 | 4
}
