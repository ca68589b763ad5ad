/**
 * What a net expects its input to be; stored beside the weights, applied to any raster.
 *
 * A net's input value is `(value − mean[c]) · scale[c]` with channels in `channelOrder`; mean and scale are in that
 * same order. Raster values are 0..255 for 8-bit images.
 */
export interface Preprocessing {
  readonly inputKind: 'rgb' | 'grey' | 'depth' | 'hha' | 'rgbd'
  /** Order of the colour channels in the net's input; rasters are RGB. Kinds without colour keep `rgb`. */
  readonly channelOrder: 'rgb' | 'bgr'
  readonly mean: readonly number[]
  readonly scale: readonly number[]
}
