export type * from './graph/kernel-graph.js'
export { type Replayed, replay } from './graph/replay.js'
export { standardKernels } from './kernels/standard-kernels.js'
export { type TensorSignature, type Trace, type TraceOptions, trace } from './trace/trace.js'
