/**
 * The tensor ground of Pixelwise: backends, operations with complete gradients, layers, geometry and model folders on TensorFlow.js.
 *
 * @module @pixelwise/core
 */
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
export { checkInputs, freeTape, scalarLoss } from './engine-support.js'
export { alignmentOffset, mapOffset } from './geometry/alignment.js'
export {
  type CoordinateMap,
  composeCoordinates,
  invertCoordinates,
  legacyCropOffset,
  toCoordinateMap,
} from './geometry/coordinate-map.js'
export { describeModel, type LayerDescription } from './geometry/describe-model.js'
export {
  type GeometryOptions,
  isModel,
  ModelGeometry,
  outputMaps,
  receptiveFields,
} from './geometry/receptive-field.js'
export * from './geometry/spatial-map.js'
export { stockLayers } from './geometry/stock-layers.js'
export * from './inference/index.js'
export { BatchNormalization, type BatchNormalizationConfig } from './layers/batch-normalization.js'
export { BilinearUpsampling, type BilinearUpsamplingConfig } from './layers/bilinear-upsampling.js'
export { ChannelScale, type ChannelScaleConfig } from './layers/channel-scale.js'
export { Concatenation } from './layers/concatenation.js'
export { Convolution, type ConvolutionConfig } from './layers/convolution.js'
export { coreLayers } from './layers/core-layers.js'
export { CropLike, type CropLikeConfig } from './layers/crop-like.js'
export { DilatedPooling, type DilatedPoolingConfig } from './layers/dilated-pooling.js'
export { Dropout, type DropoutConfig } from './layers/dropout.js'
export type { InitialValues } from './layers/initial-values.js'
export {
  LocalResponseNormalization,
  type LocalResponseNormalizationConfig,
} from './layers/local-response-normalization.js'
export { MaxUnpooling, type MaxUnpoolingConfig } from './layers/max-unpooling.js'
export type { LayerGeometry } from './layers/pixelwise-layer.js'
export {
  asShapes,
  type LayerArguments,
  type LayerClass,
  type LayerPlugin,
  PixelwiseLayer,
  type Shape,
} from './layers/pixelwise-layer.js'
export { AveragePooling, MaxPooling, MaxPoolingWithSwitches, type PoolingConfig } from './layers/pooling.js'
export { ResizeLike, type ResizeLikeConfig } from './layers/resize-like.js'
export { TransposedConvolution, type TransposedConvolutionConfig } from './layers/transposed-convolution.js'
export * from './model/index.js'
export * from './ops/index.js'
export { withGradient } from './ops/with-gradient.js'
export type { Preprocessing } from './preprocessing.js'
export { currentMasks, type MaskSource, seededMasks, withMasks } from './randomness.js'
export { LayerRegistry } from './registry/layer-registry.js'
