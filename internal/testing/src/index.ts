export { type LayerCase, layerConformance } from './layer-conformance.js'
export { seededTensor } from './seeded-tensor.js'
