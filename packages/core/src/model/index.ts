export { memoryStore } from './memory-store.js'
export {
  checkDescription,
  checkPreprocessing,
  inputChannels,
  type JsonValue,
  type ModelDescription,
} from './model-description.js'
export type { ModelSource, ModelStore } from './model-store.js'
export { type ReadModelOptions, readModel, type StoredModel } from './read-model.js'
export { type FetchedFile, type FetchedPieces, type FetchFunction, urlSource } from './url-source.js'
export { type WriteModelOptions, writeModel } from './write-model.js'
