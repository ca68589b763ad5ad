export { type LayerCase, layerConformance } from './layer-conformance.js'
export { seededTensor } from './seeded-tensor.js'
export { type OpCase, opCases, type StoredArray } from './op-cases.js'
export { type OpResult, runOpConformance } from './op-conformance.js'
