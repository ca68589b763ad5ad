/** Bytes that can be read at any place: a file on disk, or an array in memory. */
export interface ByteSource {
  /** What a person would call it (a path); error messages name it. */
  readonly name: string
  readonly length: number
  /** Fills `target` with the bytes from `offset` on; the range lies within the source. */
  readInto(target: Uint8Array, offset: number): void
}

/** Bytes in memory. */
export function memoryBytes(bytes: Uint8Array, name = 'caffemodel'): ByteSource {
  return {
    name,
    length: bytes.length,
    readInto: (target, offset) => target.set(bytes.subarray(offset, offset + target.length)),
  }
}
