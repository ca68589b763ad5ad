import {
  Cast,
  type KernelFunc,
  OneHot,
  ResizeNearestNeighbor,
  StridedSlice,
  type TensorInfo,
} from '@tensorflow/tfjs-core'
import { type WasmKernel, withWorkspace } from '../workspace.js'

/** Stock kernels that give the wrong type, or wrong values for a type. */
export const elementTypes: readonly ((stock: KernelFunc) => WasmKernel)[] = [
  castToTruth,
  oneHotOfType,
  stridedSliceOfType,
  nearestOfType,
]

/** The stock kernel copies numbers into bytes: 0.5 becomes false and 2 stays 2. */
function castToTruth(stock: KernelFunc): WasmKernel {
  return {
    name: Cast,
    run(call) {
      const x = call.inputs['x']!
      if (call.attrs['dtype'] !== 'bool' || x.dtype === 'bool') return stock({ ...call })
      return withWorkspace(call.backend, (workspace) => {
        const truths = workspace.allocate(x.shape, 'bool')
        const target = workspace.values(truths)
        const source = workspace.values(x)
        for (let i = 0; i < source.length; i++) target[i] = source[i] === 0 ? 0 : 1
        return workspace.keep(truths)
      })
    },
  }
}

/** The stock kernel writes int32 whatever type is asked for. */
function oneHotOfType(): WasmKernel {
  return {
    name: OneHot,
    run({ inputs, attrs, backend }) {
      const indices = inputs['indices']!
      const { depth, onValue, offValue } = attrs as { depth: number; onValue: number; offValue: number }
      return withWorkspace(backend, (workspace) => {
        const rows = workspace.allocate([...indices.shape, depth], attrs['dtype'] as 'float32' | 'int32' | 'bool')
        const target = workspace.values(rows).fill(offValue)
        workspace.values(indices).forEach((index: number, row: number) => {
          if (index >= 0 && index < depth) target[row * depth + index] = onValue
        })
        return workspace.keep(rows)
      })
    },
  }
}

/** The stock kernel moves four-byte cells and calls them float32; bool has one byte, and int32 its name. */
function stridedSliceOfType(stock: KernelFunc): WasmKernel {
  return {
    name: StridedSlice,
    run(call) {
      const x = call.inputs['x']!
      if (x.dtype === 'float32') return stock({ ...call })
      return withWorkspace(call.backend, (workspace) => {
        const floats = workspace.run(Cast, { x }, { dtype: 'float32' })
        const sliced = stock({ ...call, inputs: { x: floats } }) as TensorInfo
        const typed = workspace.run(Cast, { x: sliced }, { dtype: x.dtype })
        call.backend.disposeData(sliced.dataId)
        return workspace.keep(typed)
      })
    },
  }
}

/** The stock kernel returns int32 images as float32. */
function nearestOfType(stock: KernelFunc): WasmKernel {
  return {
    name: ResizeNearestNeighbor,
    run(call) {
      const resized = stock({ ...call }) as TensorInfo
      if (call.inputs['images']!.dtype !== 'int32') return resized
      return withWorkspace(call.backend, (workspace) => {
        const typed = workspace.run(Cast, { x: resized }, { dtype: 'int32' })
        call.backend.disposeData(resized.dataId)
        return workspace.keep(typed)
      })
    },
  }
}
