export { PixelwiseError, Registry, Rng } from '@pixelwise/masks/shared'
export type { Backbone, Tap } from './backbone.js'
export {
  type BackendDetails,
  type BackendName,
  type BackendOptions,
  type BackendReport,
  type BackendStatus,
  backendNames,
  formatBackends,
  listBackends,
  useBackend,
} from './backends/index.js'
export { EagerEngine } from './eager-engine.js'
export type { Engine, PreparedModel, PreparedStep, StepDefinition } from './engine.js'
export { alignmentOffset, mapOffset } from './geometry/alignment.js'
export { describeModel, type LayerDescription } from './geometry/describe-model.js'
export { type GeometryOptions, ModelGeometry, outputMaps, receptiveFields } from './geometry/receptive-field.js'
export * from './geometry/spatial-map.js'
export { stockLayers } from './geometry/stock-layers.js'
export type { LayerGeometry } from './layers/pixelwise-layer.js'
export {
  asShapes,
  type LayerArguments,
  type LayerClass,
  type LayerPlugin,
  PixelwiseLayer,
  type Shape,
} from './layers/pixelwise-layer.js'
export type { Preprocessing } from './preprocessing.js'
export { LayerRegistry } from './registry/layer-registry.js'
export * from './model/index.js'
