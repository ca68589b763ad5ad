import { activate, peerNotLoaded } from './activate.js'
import { browserThreads } from './browser-threads.js'
import { type BackendCandidate, neverHere, type Platform } from './candidate.js'
import { cpu } from './cpu.js'
import { letFirstMaximumWin } from './first-maximum.js'
import { type Gpu, probeGpu } from './gpu.js'
import { wasmCandidate } from './wasm-candidate.js'
import { webgl } from './webgl.js'

/** WebGPU of the browser. */
const webgpu: BackendCandidate = {
  name: 'webgpu',
  async probe() {
    const { navigator } = globalThis as unknown as { navigator?: { gpu?: Gpu } }
    if (navigator?.gpu === undefined) {
      return {
        available: false,
        why: 'the browser has no WebGPU, or the page is not a secure context (https or localhost)',
        next: 'use a browser that has it and a secure address',
      }
    }
    return probeGpu(navigator.gpu, {
      available: false,
      why: 'the browser has WebGPU but found no graphics adapter',
      next: 'turn on graphics acceleration in its settings',
    })
  },
  async start() {
    await import('@tensorflow/tfjs-backend-webgpu').catch((error) => {
      throw peerNotLoaded('webgpu', '@tensorflow/tfjs-backend-webgpu', error)
    })
    letFirstMaximumWin('webgpu')
    await activate('webgpu')
    const found = await this.probe(false)
    return { details: found.available ? found.details : {} }
  },
}

/** Backends of a page, a worker, or any runtime that is not Node. */
export const platform: Platform = {
  candidates: [
    neverHere('tensorflow', 'it is native code and runs in Node only', 'choose another backend in the browser'),
    webgpu,
    webgl,
    wasmCandidate(browserThreads),
    cpu,
  ],
}
