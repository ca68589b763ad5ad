import { PixelwiseError } from '@pixelwise/masks/shared'

/** What a decoder may be told about the file that its bytes came from. */
export interface DecodeOptions {
  /** The file's name or path, for error messages; `image` when not given. */
  readonly name?: string
  /** The largest picture that is decoded, in pixels; checked before memory is taken. Default 100,000,000. */
  readonly maxPixels?: number
}

/** 10,000 × 10,000: larger than any image of the data sets, small enough to decode in memory. */
export const defaultMaxPixels = 100_000_000

/** Throws `image/too-large` when a header claims more pixels than allowed. */
export function checkPixelCount(
  height: number,
  width: number,
  { name = 'image', maxPixels = defaultMaxPixels }: DecodeOptions,
): void {
  if (height * width <= maxPixels) return
  throw new PixelwiseError('image/too-large', {
    what: `${name} claims ${height}×${width} pixels`,
    rule: `at most ${maxPixels} pixels are decoded`,
    next: 'check the file, or pass a larger maxPixels if it is genuine',
  })
}
