/**
 * What of `@pixelwise/caffe-import` needs Node: files, HDF5 weights, downloads.
 *
 * @module @pixelwise/caffe-import/node
 */
export { type DownloadOptions, download } from './download.js'
export { type FileBytes, openFileBytes } from './file-bytes.js'
export { readHdf5Weights } from './hdf5-weights.js'
export { type ImportFilesOptions, importCaffeFiles } from './import-files.js'
export { type OpenWeights, openWeights } from './open-weights.js'
