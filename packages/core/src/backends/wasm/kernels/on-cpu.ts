import {
  AvgPool3DGrad,
  Conv3DBackpropFilterV2,
  Conv3DBackpropInputV2,
  Dilation2D,
  Dilation2DBackpropFilter,
  Dilation2DBackpropInput,
  Einsum,
  findBackend,
  getKernel,
  type KernelBackend,
  MaxPool3D,
  MaxPool3DGrad,
  type NamedTensorInfoMap,
  type TensorInfo,
} from '@tensorflow/tfjs-core'
import type { KernelCall, WasmKernel } from '../workspace.js'

/**
 * Kernels that the wasm backend lacks or gets wrong and that dense nets on images do not need: computed by tfjs's cpu
 * backend, exactly and slowly. The maxima of MaxPool3D and Dilation2D start from the smallest positive number in the
 * stock kernels, and the gradients of Conv3D and AvgPool3D read memory that nobody wrote.
 */
export const kernelsOnCpu: readonly WasmKernel[] = [
  AvgPool3DGrad,
  Conv3DBackpropFilterV2,
  Conv3DBackpropInputV2,
  Dilation2D,
  Dilation2DBackpropFilter,
  Dilation2DBackpropInput,
  Einsum,
  MaxPool3D,
  MaxPool3DGrad,
].map((name) => ({ name, run: (call) => runOnCpu(name, call) }))

function runOnCpu(name: string, { inputs, attrs, backend }: KernelCall): TensorInfo | TensorInfo[] {
  const cpu = findBackend('cpu')
  const moved = Object.entries(inputs).map(([input, info]) => [input, withRank(move(info!, backend, cpu))] as const)
  // Einsum takes its inputs as an array.
  const named = Object.assign(Array.isArray(inputs) ? [] : {}, Object.fromEntries(moved)) as NamedTensorInfoMap
  const output = getKernel(name, 'cpu').kernelFunc({ inputs: named, attrs, backend: cpu })
  const outputs = Array.isArray(output) ? output : [output]
  const results = outputs.map((each) => move(each, cpu, backend))
  for (const { dataId } of [...moved.map(([, info]) => info), ...outputs]) cpu.disposeData(dataId)
  return Array.isArray(output) ? results : results[0]!
}

/** A copy of a tensor on another backend. */
function move({ dataId, shape, dtype }: TensorInfo, from: KernelBackend, to: KernelBackend): TensorInfo {
  return { dataId: to.write(from.readSync(dataId), shape, dtype), shape, dtype }
}

/** Some kernels of the cpu backend ask for the rank, as tensors have it. */
function withRank(info: TensorInfo): TensorInfo {
  return Object.assign(info, { rank: info.shape.length })
}
