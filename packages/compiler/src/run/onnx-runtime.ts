/** The part of ONNX Runtime's JavaScript interface that is used here; `onnxruntime-node` and `onnxruntime-web` have it. */
export interface OnnxRuntime {
  readonly InferenceSession: {
    create(model: Uint8Array, options?: SessionOptions): Promise<OnnxSession>
  }
  readonly Tensor: new (type: OnnxTensorType, data: OnnxTensorData, shape: readonly number[]) => OnnxRuntimeTensor
}

export type OnnxTensorType = 'float32' | 'int32' | 'bool'
export type OnnxTensorData = Float32Array | Int32Array | Uint8Array

export interface OnnxRuntimeTensor {
  readonly type: string
  readonly dims: readonly number[]
  readonly data: unknown
}

export interface OnnxSession {
  run(feeds: Readonly<Record<string, OnnxRuntimeTensor>>): Promise<Readonly<Record<string, OnnxRuntimeTensor>>>
  release(): Promise<void>
}

/** Options of a session, as ONNX Runtime names them. */
export interface SessionOptions {
  /** Where to compute, in order of preference: `cpu`, `webgpu`, `cuda`… Default: ONNX Runtime's. */
  readonly executionProviders?: readonly string[]
  readonly intraOpNumThreads?: number
  readonly graphOptimizationLevel?: 'disabled' | 'basic' | 'extended' | 'all'
  readonly logSeverityLevel?: 0 | 1 | 2 | 3 | 4
}
