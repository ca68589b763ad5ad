export type { LabelData, LabelMap, Raster, RasterData } from './raster.js'
