/** The regions that a loss counts, as plain arrays: what the lean evaluation reads. */
export interface RegionTargets {
  /**
   * Instance ids at the image's resolution, row-major, several images one after the other, negative where a pixel does
   * not count. Padded so far that no window leaves it.
   */
  readonly labels: Int32Array
  /** Pixels from one row of `labels` to the next. */
  readonly labelStride: number
  /** `[regions, 3]`: the region's index among all of the output, the first pixel of its window in `labels`, its instance. */
  readonly regions: Int32Array
  /** `[regions]`: what the mean loss of the region's pixels is multiplied by. */
  readonly weights: Float32Array
}
