import { PixelwiseError } from '@pixelwise/masks/shared'
import { memoryBytes } from './byte-source.js'
import { shapeText, shortName } from './names.js'
import { blobValues } from './weights/weight-source.js'
import { readBlobFile } from './wire/blob.js'

/** A mean image, `[C, H, W]` as Caffe stores it. */
export interface MeanImage {
  readonly channels: number
  readonly height: number
  readonly width: number
  readonly values: Float32Array
}

/**
 * Reads a mean image: Caffe's `.binaryproto`, or a `.npy` of float32 or float64 (`[C, H, W]`, `[1, C, H, W]` or `[C]`).
 *
 * Throws `caffemodel/broken` or `caffe/bad-mean`.
 */
export function readMeanImage(bytes: Uint8Array, name = 'mean'): MeanImage {
  const isNpy = bytes[0] === 0x93 && bytes[1] === 0x4e
  const { shape, values } = isNpy ? readNpy(bytes, name) : readProto(bytes, name)
  const sizes = shape.length === 1 ? [shape[0], 1, 1] : shape.length === 4 && shape[0] === 1 ? shape.slice(1) : shape
  if (sizes.length !== 3 || values.length === 0) throw badMean(name, `shape ${shapeText(shape)}`)
  const [channels, height, width] = sizes
  return { channels, height, width, values }
}

/** The mean of each channel, which is what nets of any size can subtract. */
export function channelMeans({ channels, values }: MeanImage): number[] {
  const cells = values.length / channels
  return Array.from({ length: channels }, (_, channel) => {
    const plane = values.subarray(channel * cells, (channel + 1) * cells)
    return plane.reduce((sum, value) => sum + value, 0) / cells
  })
}

function readProto(bytes: Uint8Array, name: string): { shape: readonly number[]; values: Float32Array } {
  const blob = readBlobFile(memoryBytes(bytes, name))
  return { shape: blob.shape, values: blobValues(blob) }
}

function readNpy(bytes: Uint8Array, name: string): { shape: number[]; values: Float32Array } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const wide = bytes[6] > 1
  if (bytes.length < 12) throw badMean(name, `${bytes.length} bytes`)
  const length = wide ? view.getUint32(8, true) : view.getUint16(8, true)
  const start = (wide ? 12 : 10) + length
  const header = new TextDecoder().decode(bytes.subarray(wide ? 12 : 10, Math.min(start, bytes.length)))
  const [, type, order, list] =
    /'descr': '<(f[48])', 'fortran_order': (True|False), 'shape': \(([\d, ]*)\)/.exec(header) ?? []
  if (type === undefined || order !== 'False') throw badMean(name, `array of ${shortName(header.trim())}`)
  const shape = list
    .split(',')
    .filter((size) => size.trim() !== '')
    .map(Number)
  const count = shape.reduce((product, size) => product * size, 1)
  const width = type === 'f4' ? 4 : 8
  if (bytes.length - start < count * width) throw badMean(name, `${bytes.length - start} bytes for ${shapeText(shape)}`)
  const at = (i: number) => (width === 4 ? view.getFloat32(start + 4 * i, true) : view.getFloat64(start + 8 * i, true))
  return { shape, values: Float32Array.from({ length: count }, (_, i) => at(i)) }
}

function badMean(name: string, what: string): PixelwiseError {
  return new PixelwiseError('caffe/bad-mean', {
    what: `${name}: ${what}`,
    rule: 'a mean is one image, [C, H, W], or one number per channel, as .binaryproto or .npy in C order',
    next: 'save it in this form, or pass the numbers',
  })
}
