import { PixelwiseError } from '@pixelwise/masks/shared'
import { unzipSync, zipSync } from 'fflate'
import { decodeNpy, encodeNpy, type NpyArray } from './npy.js'

/** How an archive of arrays is read. */
export interface NpzOptions {
  /** The file's name or path, for error messages; `archive` when not given. */
  readonly name?: string
  /** The largest sum of expanded sizes in bytes; checked before memory is taken. Default 1 GiB. */
  readonly maxBytes?: number
}

/** Deflate turns a byte into at most 1032. */
const largestInflation = 1032

/**
 * Reads a NumPy `.npz` archive (`savez`, `savez_compressed`): its arrays by name.
 *
 * Throws `npz/damaged` and `npz/too-large`, and what `decodeNpy` throws, naming the archive and the array.
 */
export function decodeNpz(
  bytes: Uint8Array,
  { name: file = 'archive', maxBytes = 2 ** 30 }: NpzOptions = {},
): Record<string, NpyArray> {
  let claimed = 0
  let entries: Record<string, Uint8Array>
  try {
    entries = unzipSync(bytes, {
      filter: ({ name, size, originalSize }) => {
        claimed += originalSize
        if (claimed > maxBytes) throw tooLarge(file, claimed, maxBytes)
        if (size > bytes.length || originalSize > bytes.length * largestInflation) {
          throw damaged(file, `claims ${originalSize} bytes for "${name}"`)
        }
        return name.endsWith('.npy')
      },
    })
  } catch (cause) {
    if (cause instanceof PixelwiseError) throw cause
    throw damaged(file, `cannot be unpacked (${cause instanceof Error ? cause.message : cause})`, cause)
  }
  return Object.fromEntries(
    Object.entries(entries).map(([name, content]) => [
      name.slice(0, -4),
      decodeNpy(content, { name: `"${name}" in ${file}` }),
    ]),
  )
}

/** Writes arrays as a compressed NumPy `.npz` archive. Throws as `encodeNpy`. */
export function encodeNpz(arrays: Readonly<Record<string, NpyArray>>): Uint8Array {
  const entries = Object.entries(arrays).map(([name, array]) => [`${name}.npy`, encodeNpy(array)])
  // A fixed date makes equal arrays equal files; 1980 is the first that zip can tell.
  return zipSync(Object.fromEntries(entries), { mtime: new Date(1980, 0, 1) })
}

function tooLarge(file: string, claimed: number, maxBytes: number): PixelwiseError {
  return new PixelwiseError('npz/too-large', {
    what: `${file} claims ${claimed} bytes of arrays`,
    rule: `at most ${maxBytes} bytes are read`,
    next: 'check the file, or pass a larger maxBytes if it is genuine',
  })
}

function damaged(file: string, what: string, cause?: unknown): PixelwiseError {
  return new PixelwiseError('npz/damaged', {
    what: `${file} ${what}`,
    rule: 'a .npz file is a zip archive of .npy files',
    next: 'write it again with numpy.savez',
    cause,
  })
}
