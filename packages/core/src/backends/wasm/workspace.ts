import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm'
import {
  getKernel,
  type KernelConfig,
  type NamedAttrMap,
  type NamedTensorInfoMap,
  type TensorInfo,
} from '@tensorflow/tfjs-core'

/** What a kernel is called with on the wasm backend. */
export interface KernelCall {
  readonly inputs: NamedTensorInfoMap
  readonly attrs: NamedAttrMap
  readonly backend: BackendWasm
}

/** A kernel of the wasm backend, as its file states it. */
export interface WasmKernel {
  readonly name: string
  run(call: KernelCall): TensorInfo | TensorInfo[]
}

/** The registration record tfjs wants for a kernel of ours. */
export function kernelConfig({ name, run }: WasmKernel): KernelConfig {
  return {
    kernelName: name,
    backendName: 'wasm',
    // tfjs types backend as {} and attrs as optional; both are what KernelCall says for a kernel registered on 'wasm'.
    kernelFunc: (call) => run({ attrs: {}, ...call } as unknown as KernelCall),
  }
}

/**
 * The scratch memory of one kernel call: what it makes is freed by `dispose`, except what `keep` hands out.
 *
 * A kernel works below tfjs's own `tidy`, so each intermediate tensor must be freed by hand.
 */
export class Workspace {
  private readonly owned = new Set<TensorInfo>()
  private readonly aliases = new Set<TensorInfo>()

  constructor(private readonly backend: BackendWasm) {}

  /** Uninitialised memory. */
  allocate(shape: number[], dtype: 'float32' | 'int32' | 'bool' = 'float32'): TensorInfo {
    return this.own(this.backend.makeOutput(shape, dtype))
  }

  /** Memory filled with zeros. */
  zeros(shape: number[], dtype: 'float32' | 'int32' | 'bool' = 'float32'): TensorInfo {
    const info = this.allocate(shape, dtype)
    this.backend.typedArrayFromHeap(info).fill(0)
    return info
  }

  /** Runs a kernel with one output. */
  run(kernelName: string, inputs: NamedTensorInfoMap, attrs: NamedAttrMap = {}): TensorInfo {
    const kernel = getKernel(kernelName, 'wasm')
    const output = kernel.kernelFunc({ inputs, attrs, backend: this.backend })
    return this.own(Array.isArray(output) ? output[0]! : output)
  }

  /** A float32 tensor that looks into the memory of another, starting `offset` elements in; it owns nothing. */
  alias(target: TensorInfo, offset: number, shape: number[]): TensorInfo {
    const start = this.backend.getMemoryOffset(target.dataId) + 4 * offset
    const info = this.backend.makeOutput(shape, 'float32', start)
    this.aliases.add(info)
    return info
  }

  /** The values of a float32 tensor, in place. Valid until the next allocation. */
  floats(info: TensorInfo): Float32Array {
    return this.backend.typedArrayFromHeap(info) as Float32Array
  }

  /** The values of a numeric tensor, in place. Valid until the next allocation. */
  values(info: TensorInfo): Float32Array | Int32Array {
    return this.backend.typedArrayFromHeap(info) as Float32Array | Int32Array
  }

  /** Takes a tensor out of the workspace, to be returned from the kernel. */
  keep(info: TensorInfo): TensorInfo {
    this.owned.delete(info)
    return info
  }

  /** Frees one intermediate early. */
  free(info: TensorInfo): void {
    if (this.owned.delete(info)) this.backend.disposeData(info.dataId)
    if (this.aliases.delete(info)) this.forget(info)
  }

  dispose(): void {
    for (const info of [...this.aliases, ...this.owned]) this.free(info)
  }

  private own(info: TensorInfo): TensorInfo {
    this.owned.add(info)
    return info
  }

  /** Unregisters an alias without freeing the memory it looks into. */
  private forget({ dataId }: TensorInfo): void {
    this.backend.wasm.tfjs.disposeData(this.backend.dataIdMap.get(dataId).id)
    this.backend.dataIdMap.delete(dataId)
  }
}

/** Runs `compute` with a workspace that is freed whatever happens; its result must have been kept. */
export function withWorkspace<T>(backend: BackendWasm, compute: (workspace: Workspace) => T): T {
  const workspace = new Workspace(backend)
  try {
    return compute(workspace)
  } finally {
    workspace.dispose()
  }
}
