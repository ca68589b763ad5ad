/** An image as a typed array, row-major, channels last: value (row, column, channel) is `data[(row·width + column)·channels + channel]`. */
export interface Raster<Data extends RasterData = RasterData> {
  readonly height: number
  readonly width: number
  readonly channels: number
  readonly data: Data
}

/** 8-bit values are 0..255, 16-bit values are as stored (depth in millimetres), float values are in the unit their maker states. */
export type RasterData = Uint8Array | Uint8ClampedArray | Uint16Array | Float32Array

/** A class (or instance id) per pixel, row-major: the label of (row, column) is `labels[row·width + column]`. */
export interface LabelMap<Labels extends LabelData = LabelData> {
  readonly height: number
  readonly width: number
  readonly labels: Labels
}

/** What label maps hold: a class or an instance number per pixel. */
export type LabelData = Uint8Array | Uint16Array | Int32Array
