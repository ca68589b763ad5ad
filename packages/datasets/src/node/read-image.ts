import { inflateSync } from 'node:zlib'
import type { LabelMap, Raster } from '@pixelwise/masks'
import { decodeDepth } from '../codecs/depth-png.js'
import { decodeImage } from '../codecs/image.js'
import { decodeLabels } from '../codecs/label-png.js'
import { decodeNpy, type NpyArray } from '../codecs/npy.js'
import type { Inflate } from '../codecs/png-decode.js'
import { readBytes } from './files.js'
import { nodeJpegCodec } from './sharp-codec.js'

/** How a picture file is read. */
export interface ReadOptions {
  /** Which JPEG decoder: sharp where installed (`auto`), or one by name. */
  readonly codec?: 'auto' | 'sharp' | 'jpeg-js'
  /** Largest picture in pixels; default 100,000,000. */
  readonly maxPixels?: number
}

/** Reads a PNG or JPEG file as `[H, W, 3]`, RGB 0..255; errors name the path. */
export async function readImage(
  path: string,
  { codec = 'auto', maxPixels }: ReadOptions = {},
): Promise<Raster<Uint8Array>> {
  const bytes = await readBytes(path)
  return decodeImage(bytes, { name: path, maxPixels, jpeg: await nodeJpegCodec(codec), inflate: inflateWithZlib })
}

/** Reads a label PNG (indexed or grey); the stored values are the labels. */
export async function readLabels(path: string, options: ReadOptions = {}): Promise<LabelMap<Uint8Array | Uint16Array>> {
  return decodeLabels(await readBytes(path), { name: path, maxPixels: options.maxPixels, inflate: inflateWithZlib })
}

/** Reads a 16-bit grey PNG as `[H, W, 1]`, values as stored. */
export async function readDepth(path: string, options: ReadOptions = {}): Promise<Raster<Uint16Array>> {
  return decodeDepth(await readBytes(path), { name: path, maxPixels: options.maxPixels, inflate: inflateWithZlib })
}

/** Reads a NumPy `.npy` file. */
export async function readNpy(path: string): Promise<NpyArray> {
  return decodeNpy(await readBytes(path), { name: path })
}

/** zlib is several times faster than JavaScript and stops at the expected length. */
export const inflateWithZlib: Inflate = (compressed, length) => inflateSync(compressed, { maxOutputLength: length })
