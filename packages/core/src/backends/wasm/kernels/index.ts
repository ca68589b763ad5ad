import { getKernel, type KernelFunc, registerKernel, unregisterKernel } from '@tensorflow/tfjs-core'
import { kernelConfig, type WasmKernel } from '../workspace.js'
import { avgPoolGrad } from './avg-pool-grad.js'
import { conv2DBackpropFilter } from './conv2d-backprop-filter.js'
import { conv2DBackpropInput } from './conv2d-backprop-input.js'
import { depthwiseConv2dBackpropFilter } from './depthwise-conv2d-backprop-filter.js'
import { depthwiseConv2dBackpropInput } from './depthwise-conv2d-backprop-input.js'
import { elementTypes } from './element-types.js'
import { matrixProducts } from './matrix-products.js'
import { maxPoolGrad } from './max-pool-grad.js'
import { maxPoolWithArgmax } from './max-pool-with-argmax.js'
import { kernelsOnCpu } from './on-cpu.js'
import { resizeGradients } from './resize-gradients.js'
import { slidingWindows } from './sliding-windows.js'
import { unsortedSegmentSum } from './unsorted-segment-sum.js'

/** Kernels that stand for themselves: missing from tfjs's wasm backend, or wrong or slow there. */
const ownKernels: readonly WasmKernel[] = [
  ...kernelsOnCpu,
  ...resizeGradients,
  avgPoolGrad,
  conv2DBackpropFilter,
  conv2DBackpropInput,
  depthwiseConv2dBackpropFilter,
  depthwiseConv2dBackpropInput,
  maxPoolGrad,
  maxPoolWithArgmax,
  unsortedSegmentSum,
]

/** Kernels that mend the stock one and still call it. */
const mendedKernels: readonly ((stock: KernelFunc) => WasmKernel)[] = [
  ...slidingWindows,
  ...matrixProducts,
  ...elementTypes,
]

let installed = false

/** Adds our kernels to the wasm backend, once per process. */
export function installKernels(): void {
  if (installed) return
  installed = true
  for (const kernel of ownKernels) replaceKernel(kernel)
  for (const mend of mendedKernels) {
    const { name } = mend(() => [])
    replaceKernel(mend(getKernel(name, 'wasm').kernelFunc))
  }
}

/** Stock kernels keep their setup: it binds the C++ function that a mended kernel still calls. */
function replaceKernel(kernel: WasmKernel): void {
  const stock = getKernel(kernel.name, 'wasm')
  if (stock) unregisterKernel(kernel.name, 'wasm')
  registerKernel({ ...stock, ...kernelConfig(kernel) })
}
