/**
 * Segmentation data sets, image and label codecs, joint transforms and synthetic scenes.
 *
 * @module @pixelwise/datasets
 */
export { type CheckReport, checkDataset } from './checks/check-dataset.js'
export type { ExampleInspection, Problem } from './checks/problem.js'
export { type DatasetStatistics, datasetStatistics } from './checks/statistics.js'
export { validateLabels, validateSize } from './checks/validate-labels.js'
export { camvidClasses } from './classes/camvid.js'
export { type ClassList, classList, parseClassList } from './classes/class-list.js'
export { cocoClasses, cocoToVoc } from './classes/coco.js'
export { nyud40Classes, nyudMeans } from './classes/nyud.js'
export { vocPalette } from './classes/palette.js'
export { pascalContextClasses } from './classes/pascal-context.js'
export { siftFlowClasses, siftFlowGeometricClasses, siftFlowMean } from './classes/sift-flow.js'
export { imagenetMean, vocClasses } from './classes/voc.js'
export { decodeDepth, encodeDepth } from './codecs/depth-png.js'
export { decodeImage, type ImageOptions, pngToRgb } from './codecs/image.js'
export { type JpegCodec, jpegJsCodec, readJpegSize } from './codecs/jpeg.js'
export { decodeLabels, encodeLabels } from './codecs/label-png.js'
export { labelsFromColours } from './codecs/labels-from-colours.js'
export { type DecodeOptions, defaultMaxPixels } from './codecs/limits.js'
export { decodeNpy, encodeNpy, type NpyArray, type NpyData } from './codecs/npy.js'
export { decodeNpz, encodeNpz, type NpzOptions } from './codecs/npz.js'
export { decodePng, type Inflate, type PngImage } from './codecs/png-decode.js'
export { encodePng, type PngSource } from './codecs/png-encode.js'
export { filterIds, joinDatasets } from './combine.js'
export { createDataset, type Dataset, type DatasetInspector, type DatasetParts, type Sample } from './dataset.js'
export { type Camera, cropCamera, nyudColourCamera, nyudCrop, nyudDepthCamera } from './depth/camera.js'
export { encodeHha, type HhaOptions } from './depth/hha.js'
export { logDepth } from './depth/log-depth.js'
export {
  type ExampleFiles,
  type FilePart,
  inspectExample,
  readExample,
} from './example-files.js'
export {
  type CocoCategory,
  type CocoImage,
  type CocoObject,
  parseCocoCategory,
  parseCocoImage,
  parseCocoObject,
} from './formats/coco-json.js'
export { type CocoLabelOptions, type CocoMaps, drawCocoMaps, instanceNumber } from './formats/coco-labels.js'
export { type JsonElement, JsonElements } from './formats/json-elements.js'
export { maskOutlines } from './formats/mask-outlines.js'
export { contextMapping, parseContextNames } from './formats/pascal-context-labels.js'
export { isPlainName, parseSplitList } from './formats/split-list.js'
export { parseVocAnnotation, type VocAnnotation, type VocBox, type VocObject } from './formats/voc-annotation.js'
export { decodeMat, type MatOptions } from './mat/mat-decode.js'
export { encodeMat, matMatrix, matText } from './mat/mat-encode.js'
export {
  type MatCell,
  type MatData,
  type MatNumeric,
  type MatSparse,
  type MatStruct,
  type MatText,
  type MatValue,
  matField,
  matLabels,
} from './mat/mat-value.js'
export { objectKinds } from './synthetic/object-kinds.js'
export { type Scene, type SceneObject, type SceneOptions, synthesizeScene } from './synthetic/scene.js'
export { mirror } from './transforms/mirror.js'
export { type PrefetchOptions, prefetch } from './transforms/prefetch.js'
export {
  inOrder,
  padTo,
  randomCrop,
  randomJitter,
  randomMirror,
  randomScale,
  type Transform,
} from './transforms/random-transforms.js'
export { resize, resizeBilinear, resizeLabels } from './transforms/resize.js'
export { cutWindow, type FillOptions, type Window } from './transforms/window.js'
