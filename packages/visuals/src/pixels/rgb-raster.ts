import type { Raster } from '@pixelwise/masks'
import { PixelwiseError } from '@pixelwise/masks/shared'

/** An 8-bit RGB image. */
export type RgbRaster = Raster<Uint8Array>

/**
 * Any 8-bit raster as RGB: grey is repeated, alpha is dropped, RGB is copied.
 *
 * Throws `visuals/not-an-image` for other channel counts or value types.
 */
export function toRgb(image: Raster): RgbRaster {
  const { height, width, channels, data } = image
  const eightBit = data instanceof Uint8Array || data instanceof Uint8ClampedArray
  if (!eightBit || ![1, 3, 4].includes(channels) || data.length !== height * width * channels) {
    throw new PixelwiseError('visuals/not-an-image', {
      what: `${data.constructor.name} of ${data.length} values as ${height}×${width}×${channels}`,
      rule: 'a picture has 8-bit values, height × width × channels of them, and 1, 3 or 4 channels',
      next: 'scale the values to 0..255 and keep one, three or four channels',
    })
  }
  const rgb = new Uint8Array(height * width * 3)
  for (let pixel = 0; pixel < height * width; pixel++) {
    for (let channel = 0; channel < 3; channel++) {
      rgb[pixel * 3 + channel] = data[pixel * channels + (channels === 1 ? 0 : channel)]
    }
  }
  return { height, width, channels: 3, data: rgb }
}
