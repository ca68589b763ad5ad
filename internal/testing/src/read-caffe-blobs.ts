import { readFileSync } from 'node:fs'
import type { NpyArray } from './read-npy.js'

/**
 * The weights of the one layer of a small test `.caffemodel` that has any.
 *
 * Reads just what such files hold: NetParameter.layer (100), LayerParameter.blobs (7), BlobProto.data (5, packed) and
 * BlobProto.shape (7) with its dims (1).
 */
export function readCaffeBlobs(path: string): NpyArray[] {
  const layers = parts(readFileSync(path), 100)
  return layers.flatMap((layer) => parts(layer, 7).map(readBlob))
}

function readBlob(blob: Buffer): NpyArray {
  const [data] = parts(blob, 5)
  const [shape] = parts(blob, 7)
  const [dims] = parts(shape, 1)
  return {
    shape: varints(dims),
    values: Float32Array.from({ length: data.length / 4 }, (_, i) => data.readFloatLE(4 * i)),
  }
}

/** The contents of every length-delimited field of the given number. */
function parts(message: Buffer, wanted: number): Buffer[] {
  const found: Buffer[] = []
  for (let offset = 0; offset < message.length; ) {
    const [tag, afterTag] = varint(message, offset)
    const [value, afterValue] = varint(message, afterTag)
    switch (tag & 7) {
      case 0:
        offset = afterValue
        break
      case 2:
        if (tag >>> 3 === wanted) found.push(message.subarray(afterValue, afterValue + value))
        offset = afterValue + value
        break
      case 5:
        offset = afterTag + 4
        break
      default:
        throw new Error(`wire type ${tag & 7} at byte ${offset} is not expected in a test model`)
    }
  }
  return found
}

function varints(bytes: Buffer): number[] {
  const values: number[] = []
  for (let offset = 0; offset < bytes.length; ) {
    const [value, next] = varint(bytes, offset)
    values.push(value)
    offset = next
  }
  return values
}

/** A base-128 number below 2^32 and the offset after it. */
function varint(bytes: Buffer, start: number): [value: number, next: number] {
  let value = 0
  for (let offset = start, shift = 0; ; offset++, shift += 7) {
    value |= (bytes[offset] & 0x7f) << shift
    if (bytes[offset] < 0x80) return [value >>> 0, offset + 1]
  }
}
