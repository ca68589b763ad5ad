import type { Raster } from '@pixelwise/masks'
import { PixelwiseError } from '@pixelwise/masks/shared'
import { type Tensor4D, tensor4d } from '@tensorflow/tfjs-core'
import { checkPreprocessing, inputChannels } from '../model/model-description.js'
import type { Preprocessing } from '../preprocessing.js'

/**
 * Makes a net's input of an image: `(value − mean) · scale` per channel, in the net's channel order.
 *
 * Shapes: raster H×W×C → `[1, H, W, C]` float32. The caller disposes the tensor.
 * Throws `raster/…`: no-raster, empty, wrong-length, wrong-channels, not-finite; and `preprocessing/invalid`.
 */
export function preprocess(raster: Raster, preprocessing: Preprocessing): Tensor4D {
  const { height, width, channels } = raster
  return tensor4d(preparedValues(raster, preprocessing), [1, height, width, channels], 'float32')
}

/** The values of {@link preprocess} as a plain array. */
export function preparedValues(raster: Raster, preprocessing: Preprocessing): Float32Array {
  const { mean, scale, inputKind, channelOrder } = checkPreprocessing(preprocessing, 'preprocess')
  checkRaster(raster, inputKind)
  const { channels, data } = raster
  const sources = sourceChannels(inputKind, channelOrder)
  const values = new Float32Array(data.length)
  for (let pixel = 0; pixel < data.length; pixel += channels) {
    for (let c = 0; c < channels; c++) {
      values[pixel + c] = (data[pixel + sources[c]] - mean[c]) * scale[c]
    }
  }
  return values
}

/** Which raster channel feeds each channel of the net: `bgr` swaps the colours and leaves depth where it is. */
function sourceChannels(inputKind: Preprocessing['inputKind'], order: Preprocessing['channelOrder']): number[] {
  const plain = Array.from({ length: inputChannels[inputKind] }, (_, c) => c)
  const hasColour = inputKind === 'rgb' || inputKind === 'rgbd'
  return hasColour && order === 'bgr' ? [2, 1, 0, ...plain.slice(3)] : plain
}

/** Checks that a raster is an image of this kind; throws the errors of {@link preprocess}. */
export function checkRaster(raster: Raster, inputKind: Preprocessing['inputKind']): void {
  checkIsRaster(raster)
  const { height, width, channels, data } = raster
  const size = `raster ${height}×${width}×${channels}`
  if (!isCount(height) || !isCount(width)) {
    throw new PixelwiseError('raster/empty', {
      what: size,
      rule: 'an image has at least one row and one column, in whole numbers',
      next: 'check the file or the crop that it comes from',
    })
  }
  const expected = inputChannels[inputKind]
  if (channels !== expected) {
    throw new PixelwiseError('raster/wrong-channels', {
      what: size,
      rule: `${inputKind} input has ${expected} ${expected === 1 ? 'channel' : 'channels'}`,
      next:
        channels === 4 && expected === 3
          ? 'drop the alpha channel'
          : channels === 1 && expected === 3
            ? 'repeat the grey value three times'
            : 'choose the net for this kind of image',
    })
  }
  if (data.length !== height * width * channels) {
    throw new PixelwiseError('raster/wrong-length', {
      what: `${size} has ${data.length} values`,
      rule: `height × width × channels is ${height * width * channels}`,
      next: 'check the order (height, width, channels) and that rows have no padding',
    })
  }
  if (data instanceof Float32Array) checkFinite(data, width, channels)
}

/** For callers without types: throws `raster/no-raster`. */
export function checkIsRaster(raster: Partial<Raster> | null | undefined): void {
  if (typeof raster?.data?.length === 'number') return
  throw new PixelwiseError('raster/no-raster', {
    what: `an image given as ${raster === null ? 'null' : typeof raster}${typeof raster === 'object' && raster !== null ? ' without data' : ''}`,
    rule: 'an image is {height, width, channels, data}, its values in a typed array',
    next: 'decode the file with decodeImage of @pixelwise/datasets',
  })
}

function isCount(value: number): boolean {
  return Number.isInteger(value) && value >= 1
}

function checkFinite(data: Float32Array, width: number, channels: number): void {
  const index = data.findIndex((value) => !Number.isFinite(value))
  if (index === -1) return
  const pixel = Math.floor(index / channels)
  throw new PixelwiseError('raster/not-finite', {
    what: `raster value ${data[index]} at row ${Math.floor(pixel / width)}, column ${pixel % width}, channel ${index % channels}`,
    rule: 'image values are finite numbers',
    next: 'fill what is missing (holes of a depth image) before prediction',
  })
}
