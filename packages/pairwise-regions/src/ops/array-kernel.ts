import * as tf from '@tensorflow/tfjs-core'

/** Computes outputs from inputs, all float32 and row-major. Attributes are plain numbers and lists of them. */
export type ArrayComputation<Attributes> = (
  inputs: readonly Float32Array[],
  outputs: readonly Float32Array[],
  attributes: Attributes,
) => void

/** A tfjs kernel on typed arrays, where the backend in use keeps its tensors in such. */
export interface ArrayKernel<Attributes> {
  /** Whether the backend in use can run it. */
  supported(): boolean
  /** Float32 tensors of the given shapes. */
  run(inputs: readonly tf.Tensor[], shapes: readonly number[][], attributes: Attributes): tf.Tensor[]
}

/**
 * Makes a kernel for the backends whose tensors are typed arrays in this process, `cpu` and `wasm`, out of one function.
 *
 * It is registered with tfjs on its first use. On other backends, while tracing for instance, the caller computes the
 * same with tfjs's own operations.
 */
export function arrayKernel<Attributes extends object>(
  kernelName: string,
  compute: ArrayComputation<Attributes>,
): ArrayKernel<Attributes> {
  return {
    supported: () => tf.getBackend() in memories,
    run(inputs, shapes, attributes) {
      const backendName = tf.getBackend()
      if (!tf.getKernel(kernelName, backendName)) {
        tf.registerKernel({ kernelName, backendName, kernelFunc: kernelFunction(memories[backendName], compute) })
      }
      const attrs = { ...attributes, shapes } as unknown as tf.NamedAttrMap
      return tf.engine().runKernel(kernelName, Object.fromEntries(inputs.map((input, i) => [i, input])), attrs)
    },
  }
}

/** How to get at the numbers of a backend. */
interface Memory {
  allocate(backend: unknown, shape: number[]): tf.TensorInfo
  floats(backend: unknown, info: tf.TensorInfo): Float32Array
}

/** The parts of tfjs's backends that are used here; both are public, but neither package is imported. */
interface CpuBackend {
  makeTensorInfo(shape: number[], dtype: 'float32', values: Float32Array): tf.TensorInfo
  readonly data: { get(dataId: tf.DataId): { readonly values: Float32Array } }
}
interface WasmBackend {
  makeOutput(shape: number[], dtype: 'float32'): tf.TensorInfo
  typedArrayFromHeap(info: tf.TensorInfo): Float32Array
}

const memories: Readonly<Record<string, Memory>> = {
  cpu: {
    allocate: (backend, shape) =>
      (backend as CpuBackend).makeTensorInfo(shape, 'float32', new Float32Array(tf.util.sizeFromShape(shape))),
    floats: (backend, { dataId }) => (backend as CpuBackend).data.get(dataId).values,
  },
  wasm: {
    allocate: (backend, shape) => (backend as WasmBackend).makeOutput(shape, 'float32'),
    floats: (backend, info) => (backend as WasmBackend).typedArrayFromHeap(info),
  },
}

function kernelFunction<Attributes>(memory: Memory, compute: ArrayComputation<Attributes>): tf.KernelFunc {
  return ({ inputs, attrs, backend }) => {
    const { shapes, ...attributes } = attrs as unknown as Attributes & { shapes: number[][] }
    const outputs = shapes.map((shape) => memory.allocate(backend, shape))
    // Only now: allocating may move the memory of the wasm backend.
    const floats = (info: tf.TensorInfo) => memory.floats(backend, info)
    const given = Object.values(inputs as { [name: string]: tf.TensorInfo })
    compute(given.map(floats), outputs.map(floats), attributes as Attributes)
    return outputs
  }
}
