/**
 * What of `@pixelwise/compiler` needs Node: the engine on `onnxruntime-node`, ONNX files on disk.
 *
 * @module @pixelwise/compiler/node
 */
export { compiledEngine, type NodeEngineOptions } from './compiled-engine.js'
export { loadOnnxRuntime } from './load-onnx-runtime.js'
export { type MappedSessionsOptions, mappedSessions } from './mapped-sessions.js'
export { workerRuntime } from './worker-runtime.js'
export { type WriteOnnxOptions, writeOnnx } from './write-onnx.js'
