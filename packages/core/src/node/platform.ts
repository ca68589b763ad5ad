import { type BackendCandidate, neverHere, type Platform } from '../backends/candidate.js'
import { cpu } from '../backends/cpu.js'
import { nodeThreads } from '../backends/wasm/node/node-threads.js'
import { wasmCandidate } from '../backends/wasm-candidate.js'
import { tensorflow } from './platform-tensorflow.js'
import { webgpu } from './platform-webgpu.js'

const anywhere = wasmCandidate(nodeThreads)

/** In Node, tfjs finds its `.wasm` files by itself, so a page's address of them is of no use. */
const wasm: BackendCandidate = {
  ...anywhere,
  start: ({ wasmPath: _, ...options }) => anywhere.start(options),
}

/** Backends of Node. */
export const platform: Platform = {
  candidates: [
    tensorflow,
    webgpu,
    neverHere('webgl', 'it draws on a canvas, which Node has not', 'choose webgpu to use a GPU from Node'),
    wasm,
    cpu,
  ],
}
