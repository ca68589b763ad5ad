/**
 * Caffe nets on TensorFlow.js: prototxt and caffemodel to a model that computes the same.
 *
 * @module @pixelwise/caffe-import
 */
export { type ByteSource, memoryBytes } from './byte-source.js'
export { expectedBytes, type PublishedModel, publishedModels } from './catalogue/published-models.js'
export { type ImportedModel, type ImportOptions, importCaffe } from './import-caffe.js'
export { caffeLayers } from './layers/caffe-layers.js'
export { channelMeans, type MeanImage, readMeanImage } from './means.js'
export { Message } from './prototxt/message.js'
export { parsePrototxt } from './prototxt/parse.js'
export { type CaffeSolver, readSolver, weightMultipliers } from './solver.js'
export { caffeTranslators } from './translate/caffe-translators.js'
export type { CaffeLayer, Feature } from './translate/feature.js'
export type { InputSize } from './translate/inputs.js'
export type { ParameterSpec } from './translate/parameter-spec.js'
export type { PreprocessingOptions } from './translate/preprocessing.js'
export type {
  BlobReport,
  ImportReport,
  LayerReport,
  LossReport,
  ParameterReport,
  WeightsReport,
} from './translate/report.js'
export { type AddOptions, Translation, type WeightValues } from './translate/translation.js'
export type { LayerTranslator } from './translate/translator.js'
export { type TransplantOptions, type TransplantReport, transplantWeights } from './transplant.js'
export type { Arrangement } from './weights/arrange.js'
export { arrayBlob, blobValues, type CaffeBlob, type WeightLayer, type WeightSource } from './weights/weight-source.js'
export { readCaffemodel } from './wire/caffemodel.js'
