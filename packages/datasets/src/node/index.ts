/**
 * What of `@pixelwise/datasets` needs Node: data sets on disk.
 *
 * @module @pixelwise/datasets/node
 */
export { type CamvidOptions, openCamvid, synthesizeCamvid } from './camvid.js'
export { type CocoOptions, type CocoSample, openCoco } from './coco.js'
export { CocoIndex } from './coco-index.js'
export { type FolderOptions, openFolder, synthesizeFolder } from './folder.js'
export { type Hdf5Array, Hdf5File, type Hdf5Options, type Hdf5Ranges } from './hdf5.js'
export { type DatasetLayout, datasetLayouts, type OptionalPart } from './layouts.js'
export { type NyudOptions, openNyud } from './nyud.js'
export type { NyudClassCount } from './nyud-mappings.js'
export { type NyudMatOptions, type NyudMatSample, nyudMatFile, openNyudMat } from './nyud-mat.js'
export { openPascalContext, type PascalContextOptions, synthesizePascalContext } from './pascal-context.js'
export { inflateWithZlib, type ReadOptions, readDepth, readImage, readLabels, readNpy } from './read-image.js'
export { readMat, readMatLabels } from './read-mat.js'
export { openSbd, type SbdBoundary, type SbdOptions, type SbdSample } from './sbd.js'
export { nodeJpegCodec } from './sharp-codec.js'
export { openSiftFlow, type SiftFlowOptions, synthesizeSiftFlow } from './sift-flow.js'
export { type FolderSplits, type SplitFolderOptions, splitFolder } from './split-folder.js'
export { synthesizeCoco } from './synthesize-coco.js'
export { synthesizeNyud } from './synthesize-nyud.js'
export { synthesizeNyudMat } from './synthesize-nyud-mat.js'
export { synthesizeSbd } from './synthesize-sbd.js'
export { synthesizeVoc } from './synthesize-voc.js'
export { openVoc, type VocKeypoint, type VocOptions, type VocSample } from './voc.js'
export type { SynthesizeOptions } from './write-scenes.js'
