/**
 * Rasters, label maps and run-length masks as plain typed arrays; no dependency.
 *
 * @module @pixelwise/masks
 */
export { decodeMask, encodeMask } from './bitmap.js'
export { compressCounts, decompressCounts } from './compressed-counts.js'
export { boxIoU, maskIoU, maskIoUs } from './iou.js'
export { type Box, type Mask, maskArea, maskBox, maskFromCounts } from './mask.js'
export { type MaskJSON, maskFromJSON, maskFromSegmentation, maskToJSON, type Segmentation } from './mask-json.js'
export { mergeMasks } from './merge.js'
export { boxMask, polygonMask } from './polygon.js'
export type { LabelData, LabelMap, Raster, RasterData } from './raster.js'
