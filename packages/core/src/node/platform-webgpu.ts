import { activate, messageOf } from '../backends/activate.js'
import type { BackendCandidate, Unavailable } from '../backends/candidate.js'
import { letFirstMaximumWin } from '../backends/first-maximum.js'
import { type Gpu, probeGpu } from '../backends/gpu.js'
import { resolvePeer } from './platform-modules.js'

const withoutAdapter: Unavailable = {
  available: false,
  why: 'no graphics driver that Dawn can use (Vulkan 1.1 on Linux, Direct3D 12 on Windows, Metal on macOS) was found',
  next: 'install the driver of your GPU, on Linux with its Vulkan loader (libvulkan1)',
}

/** WebGPU in Node through Dawn, from the optional peer `webgpu`. */
export const webgpu: BackendCandidate = {
  name: 'webgpu',
  async probe() {
    const missing = ['webgpu', '@tensorflow/tfjs-backend-webgpu'].filter((name) => resolvePeer(name) === undefined)
    if (missing.length > 0) {
      return {
        available: false,
        missingPackage: true,
        why: 'in Node it runs on webgpu (Dawn) and @tensorflow/tfjs-backend-webgpu',
        next: `run npm install ${missing.join(' ')}`,
      }
    }
    if (!hasVulkanLoader()) return withoutAdapter
    try {
      return await probeGpu(await openDawn(), withoutAdapter)
    } catch (error) {
      return {
        available: false,
        why: `Dawn's native library does not load on this machine (${messageOf(error)})`,
        next: 'choose wasm, or a system for which the webgpu package has a library',
      }
    }
  },
  async start() {
    const { globals } = await import('webgpu')
    const gpu = await openDawn()
    // Kernels read constants such as GPUBufferUsage from the globals whenever they run, so these stay.
    Object.assign(globalThis, globals)
    await withNavigatorGpu(gpu, async () => {
      await import('@tensorflow/tfjs-backend-webgpu')
      letFirstMaximumWin('webgpu')
      await activate('webgpu')
    })
    const found = await probeGpu(gpu, withoutAdapter)
    return { details: found.available ? found.details : {} }
  },
}

/** One instance for the whole process, never let go: a device crashes once its instance is garbage collected. */
let dawn: Gpu | undefined

async function openDawn(): Promise<Gpu> {
  const { create } = await import('webgpu')
  dawn ??= create([])
  return dawn
}

/**
 * Whether Linux has a Vulkan loader: without one Dawn finds no adapter, and its native code prints a warning about it.
 * Opening a library that is no Node addon always fails, but in another way when it is there.
 */
function hasVulkanLoader(): boolean {
  if (process.platform !== 'linux') return true
  try {
    process.dlopen({ exports: {} }, 'libvulkan.so.1')
    return true
  } catch (error) {
    return !messageOf(error).includes('cannot open shared object file')
  }
}

/**
 * Runs `work` while `navigator.gpu` exists. tfjs reads it when its module loads and when the device is made, never
 * afterwards, so that Node's own `navigator` (or its absence before Node 21) is given back untouched.
 */
async function withNavigatorGpu(gpu: Gpu, work: () => Promise<void>): Promise<void> {
  const before = Object.getOwnPropertyDescriptor(globalThis, 'navigator')
  Object.defineProperty(globalThis, 'navigator', { value: { gpu }, configurable: true, writable: true })
  try {
    await work()
  } finally {
    if (before) Object.defineProperty(globalThis, 'navigator', before)
    else Reflect.deleteProperty(globalThis, 'navigator')
  }
}
