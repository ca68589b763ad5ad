import { Unzlib, unzlibSync } from 'fflate'
import { damagedMat, matTooLarge } from './mat-errors.js'
import { MatReader } from './mat-reader.js'

/** Deflate turns a byte into at most 1032. */
const largestInflation = 1032

/**
 * Expands a compressed element. Its own tag says how long it becomes; that is read first and held against the limit
 * and against what the compressed bytes could possibly give.
 */
export function expandElement(compressed: Uint8Array, little: boolean, file: string, maxBytes: number): MatReader {
  try {
    const tag = firstBytes(compressed, 8)
    const length = 8 + new DataView(tag.buffer, tag.byteOffset).getUint32(4, little)
    if (length > maxBytes) throw matTooLarge(file, length, maxBytes)
    if (length > compressed.length * largestInflation) {
      throw damagedMat(
        file,
        `has a variable that claims ${length} bytes in ${compressed.length} compressed ones`,
        'deflate expands at most 1032 times',
      )
    }
    return new MatReader(unzlibSync(compressed, { out: new Uint8Array(length) }), little, file)
  } catch (cause) {
    if (cause instanceof Error && cause.name === 'PixelwiseError') throw cause
    throw damagedMat(
      file,
      `has a compressed variable that cannot be expanded (${cause instanceof Error ? cause.message : cause})`,
      'compressed variables are zlib streams',
      cause,
    )
  }
}

function firstBytes(compressed: Uint8Array, count: number): Uint8Array {
  const parts: number[] = []
  const stream = new Unzlib((chunk) => {
    for (let i = 0; parts.length < count && i < chunk.length; i++) parts.push(chunk[i])
  })
  for (let start = 0; start < compressed.length && parts.length < count; start += 256) {
    stream.push(compressed.subarray(start, start + 256), start + 256 >= compressed.length)
  }
  if (parts.length < count) throw new Error('it ends early')
  return Uint8Array.from(parts)
}
