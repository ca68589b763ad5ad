export { compiledEngine, type NodeEngineOptions } from './compiled-engine.js'
export { loadOnnxRuntime } from './load-onnx-runtime.js'
export { type MappedSessionsOptions, mappedSessions } from './mapped-sessions.js'
export { workerRuntime } from './worker-runtime.js'
