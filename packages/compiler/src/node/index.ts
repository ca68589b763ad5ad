export { compiledEngine } from './compiled-engine.js'
export { loadOnnxRuntime } from './load-onnx-runtime.js'
