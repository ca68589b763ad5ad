export { loadOnnxRuntime } from './load-onnx-runtime.js'
