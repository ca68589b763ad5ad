import { PixelwiseError } from '@pixelwise/masks/shared'

/** A numeric array of any shape, last axis fastest (C order). */
export interface NpyArray<Data extends NpyData = NpyData> {
  readonly shape: readonly number[]
  readonly data: Data
}

/** The element types of NumPy that are read and written. */
export type NpyData =
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array
  | Float32Array
  | Float64Array

const magic = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59]

interface Element {
  readonly bytes: number
  readonly make: (length: number) => NpyData
  readonly read: (view: DataView, at: number, little: boolean) => number
}

const elements: Record<string, Element | undefined> = {
  b1: { bytes: 1, make: (n) => new Uint8Array(n), read: (view, at) => view.getUint8(at) },
  u1: { bytes: 1, make: (n) => new Uint8Array(n), read: (view, at) => view.getUint8(at) },
  i1: { bytes: 1, make: (n) => new Int8Array(n), read: (view, at) => view.getInt8(at) },
  u2: { bytes: 2, make: (n) => new Uint16Array(n), read: (view, at, little) => view.getUint16(at, little) },
  i2: { bytes: 2, make: (n) => new Int16Array(n), read: (view, at, little) => view.getInt16(at, little) },
  u4: { bytes: 4, make: (n) => new Uint32Array(n), read: (view, at, little) => view.getUint32(at, little) },
  i4: { bytes: 4, make: (n) => new Int32Array(n), read: (view, at, little) => view.getInt32(at, little) },
  i8: { bytes: 8, make: (n) => new Int32Array(n), read: (view, at, little) => Number(view.getBigInt64(at, little)) },
  u8: { bytes: 8, make: (n) => new Int32Array(n), read: (view, at, little) => Number(view.getBigUint64(at, little)) },
  f4: { bytes: 4, make: (n) => new Float32Array(n), read: (view, at, little) => view.getFloat32(at, little) },
  f8: { bytes: 8, make: (n) => new Float64Array(n), read: (view, at, little) => view.getFloat64(at, little) },
}

/**
 * Reads a NumPy `.npy` file; Fortran-ordered arrays come out in C order.
 *
 * 64-bit integers become `Int32Array` when every value fits, otherwise `npy/integer-too-large` is thrown; booleans
 * become `Uint8Array`. Throws `npy/damaged` and `npy/unsupported`, naming the file, before memory is taken.
 * Source: NumPy enhancement proposal 1 (format versions 1 to 3).
 */
export function decodeNpy(bytes: Uint8Array, { name: file = 'array' }: { readonly name?: string } = {}): NpyArray {
  const { header, dataStart } = readHeader(bytes, file)
  const { order, kind, fortran, shape } = parseHeader(header, file)
  const element = elements[kind]
  if (element === undefined) {
    throw new PixelwiseError('npy/unsupported', {
      what: `${file} holds elements of type "${kind}"`,
      rule: `read are ${Object.keys(elements).join(', ')}`,
      next: 'convert it in NumPy with .astype("float32")',
    })
  }
  const length = shape.reduce((product, side) => product * side, 1)
  if (length * element.bytes !== bytes.length - dataStart) {
    throw damaged(
      file,
      `has ${bytes.length - dataStart} bytes of data`,
      `shape (${shape.join(', ')}) of ${kind} needs ${length * element.bytes}`,
    )
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset + dataStart)
  const data = element.make(length)
  const little = order !== '>'
  const position = fortran ? fortranPositions(shape) : (i: number) => i
  for (let i = 0; i < length; i++) {
    const value = element.read(view, position(i) * element.bytes, little)
    data[i] = value
    if (element.bytes === 8 && data instanceof Int32Array && data[i] !== value) {
      throw new PixelwiseError('npy/integer-too-large', {
        what: `${file} holds ${value} at element ${i}`,
        rule: '64-bit integers are read when they fit into 32 bits',
        next: 'convert it in NumPy with .astype("float64")',
      })
    }
  }
  return { shape, data }
}

/** Where the i-th element in C order lies in a Fortran-ordered array. */
function fortranPositions(shape: readonly number[]): (i: number) => number {
  return (i) => {
    let rest = i
    let position = 0
    const index = shape.map(() => 0)
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      index[axis] = rest % shape[axis]
      rest = Math.floor(rest / shape[axis])
    }
    for (let axis = shape.length - 1; axis >= 0; axis--) position = position * shape[axis] + index[axis]
    return position
  }
}

function readHeader(bytes: Uint8Array, file: string): { header: string; dataStart: number } {
  if (!magic.every((byte, i) => bytes[i] === byte))
    throw damaged(file, 'is not a .npy file', 'it begins with 93 "NUMPY"')
  const version = bytes[6]
  if (version < 1 || version > 3) throw damaged(file, `has format version ${version}`, 'versions 1 to 3 exist')
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const prefix = version === 1 ? 10 : 12
  if (bytes.length < prefix) throw damaged(file, `ends at byte ${bytes.length}`, 'the header comes first')
  const length = version === 1 ? view.getUint16(8, true) : view.getUint32(8, true)
  if (prefix + length > bytes.length)
    throw damaged(file, `claims a header of ${length} bytes`, `the file has ${bytes.length - prefix} left`)
  if (length > 65536) throw damaged(file, `claims a header of ${length} bytes`, 'headers of plain arrays are short')
  return { header: String.fromCharCode(...bytes.subarray(prefix, prefix + length)), dataStart: prefix + length }
}

function parseHeader(header: string, file: string): { order: string; kind: string; fortran: boolean; shape: number[] } {
  const descr = /'descr': *'([<>|=]?)([a-zA-Z]\d*)'/.exec(header)
  const fortran = /'fortran_order': *(True|False)/.exec(header)
  const shape = /'shape': *\(([\d, L]*)\)/.exec(header)
  if (descr === null || fortran === null || shape === null) {
    throw damaged(
      file,
      `has the header "${header.trim().slice(0, 120)}"`,
      'it names descr, fortran_order and shape of a plain numeric array',
    )
  }
  const sides = shape[1]
    .split(',')
    .map((side) => side.replace('L', '').trim())
    .filter((side) => side !== '')
    .map(Number)
  return { order: descr[1], kind: descr[2], fortran: fortran[1] === 'True', shape: sides }
}

function damaged(file: string, what: string, rule: string): PixelwiseError {
  return new PixelwiseError('npy/damaged', { what: `${file} ${what}`, rule, next: 'write it again with numpy.save' })
}

const kindOf: readonly (readonly [new (length: number) => NpyData, string])[] = [
  [Uint8Array, '|u1'],
  [Int8Array, '|i1'],
  [Uint16Array, '<u2'],
  [Int16Array, '<i2'],
  [Uint32Array, '<u4'],
  [Int32Array, '<i4'],
  [Float32Array, '<f4'],
  [Float64Array, '<f8'],
]

/** Writes a NumPy `.npy` file (version 1, C order, little endian). Throws `npy/wrong-length` when shape and data differ. */
export function encodeNpy({ shape, data }: NpyArray): Uint8Array {
  const length = shape.reduce((product, side) => product * side, 1)
  const descr = kindOf.find(([type]) => data instanceof type)?.[1]
  if (descr === undefined || length !== data.length) {
    throw new PixelwiseError('npy/wrong-length', {
      what: `${data.length} elements for shape (${shape.join(', ')})`,
      rule: `the shape needs ${length} elements of a plain typed array`,
      next: 'check the array that is written',
    })
  }
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(', ')})`
  const dictionary = `{'descr': '${descr}', 'fortran_order': False, 'shape': ${tuple}, }`
  const headerLength = Math.ceil((10 + dictionary.length + 1) / 64) * 64 - 10
  const header = `${dictionary.padEnd(headerLength - 1)}\n`
  const bytes = new Uint8Array(10 + headerLength + data.byteLength)
  bytes.set([...magic, 1, 0, headerLength & 255, headerLength >> 8])
  for (let i = 0; i < headerLength; i++) bytes[10 + i] = header.charCodeAt(i)
  bytes.set(littleEndian(data), 10 + headerLength)
  return bytes
}

function littleEndian(data: NpyData): Uint8Array {
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
  const hostIsLittle = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1
  if (hostIsLittle || data.BYTES_PER_ELEMENT === 1) return bytes
  const size = data.BYTES_PER_ELEMENT
  return bytes.map((_, i) => bytes[i - (i % size) + (size - 1 - (i % size))])
}
