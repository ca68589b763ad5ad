import { readFileSync } from 'node:fs'

/** A float32 array as NumPy stores it. */
export interface NpyArray {
  readonly shape: number[]
  readonly values: Float32Array
}

/** Reads a little-endian float32 `.npy` file of format 1.0 in C order; others throw. */
export function readNpy(path: string): NpyArray {
  const bytes = readFileSync(path)
  const headerLength = bytes.readUInt16LE(8)
  const header = bytes.toString('latin1', 10, 10 + headerLength)
  const shape = /'descr': '<f4', 'fortran_order': False, 'shape': \(([\d, ]*)\)/.exec(header)
  if (!shape) throw new Error(`${path}: expected float32 in C order, found ${header}`)
  const data = bytes.subarray(10 + headerLength)
  return {
    shape: shape[1].split(',').filter(Boolean).map(Number),
    values: Float32Array.from({ length: data.length / 4 }, (_, i) => data.readFloatLE(4 * i)),
  }
}
