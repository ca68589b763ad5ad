export { PixelwiseError, Registry, Rng } from '@pixelwise/masks/shared'
export type { Backbone, Tap } from './backbone.js'
export type { Engine, PreparedModel, PreparedStep, StepDefinition } from './engine.js'
export * from './geometry/spatial-map.js'
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
