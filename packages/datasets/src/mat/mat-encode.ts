import { zlibSync } from 'fflate'
import type { MatData, MatValue } from './mat-value.js'

/** MATLAB class and element type of each array type. */
const numericTypes: readonly (readonly [new (length: number) => MatData, matlabClass: number, elementType: number])[] =
  [
    [Float64Array, 6, 9],
    [Float32Array, 7, 7],
    [Int8Array, 8, 1],
    [Uint8Array, 9, 2],
    [Int16Array, 10, 3],
    [Uint16Array, 11, 4],
    [Int32Array, 12, 5],
    [Uint32Array, 13, 6],
  ]

/**
 * Writes variables as a MATLAB file of version 5: numeric, text, cell, struct and sparse values.
 *
 * @param compressed whether each variable is deflated, as MATLAB's `-v7` does; default true
 */
export function encodeMat(
  variables: Readonly<Record<string, MatValue>>,
  { compressed = true }: { readonly compressed?: boolean } = {},
): Uint8Array {
  const header = new Uint8Array(128).fill(0x20, 0, 116)
  header.set(ascii('MATLAB 5.0 MAT-file, written by Pixelwise'))
  header.set([0x00, 0x01, 0x49, 0x4d], 124)
  const parts = Object.entries(variables).map(([name, value]) => {
    const plain = matrix(name, value)
    if (!compressed) return plain
    const deflated = zlibSync(plain)
    return joined([tag(15, deflated.length), deflated])
  })
  return joined([header, ...parts])
}

/** A row-major picture or map as a MATLAB matrix (first axis fastest). */
export function matMatrix<Data extends MatData>(
  height: number,
  width: number,
  values: ArrayLike<number>,
  make: (length: number) => Data,
): MatValue {
  const data = make(height * width)
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) data[column * height + row] = values[row * width + column]
  }
  return { kind: 'numeric', shape: [height, width], data }
}

/** A line of text as MATLAB stores it. */
export function matText(text: string): MatValue {
  return { kind: 'text', shape: [1, text.length], rows: [text] }
}

function matrix(name: string, value: MatValue): Uint8Array {
  const body = joined([
    element(6, bytesOf(Uint32Array.of(classOf(value), value.kind === 'sparse' ? value.data.length : 0))),
    element(5, bytesOf(Int32Array.from(value.shape))),
    element(1, ascii(name)),
    ...contents(value),
  ])
  return joined([tag(14, body.length), body])
}

function classOf(value: MatValue): number {
  switch (value.kind) {
    case 'cell':
      return 1
    case 'struct':
      return 2
    case 'text':
      return 4
    case 'sparse':
      return 5
    case 'numeric':
      return typeOf(value.data)[1]
  }
}

function contents(value: MatValue): Uint8Array[] {
  switch (value.kind) {
    case 'cell':
      return value.cells.map((cell) => matrix('', cell))
    case 'struct': {
      const names = Object.keys(value.elements[0] ?? {})
      const nameLength = Math.min(32, 1 + Math.max(0, ...names.map((name) => name.length)))
      const nameBytes = new Uint8Array(names.length * nameLength)
      names.forEach((name, i) => {
        nameBytes.set(ascii(name).subarray(0, nameLength - 1), i * nameLength)
      })
      const fields = value.elements.flatMap((record) => names.map((name) => matrix('', record[name])))
      return [element(5, bytesOf(Int32Array.of(nameLength))), element(1, nameBytes), ...fields]
    }
    case 'text': {
      const [rows, columns] = value.shape
      const letters = new Uint16Array(rows * columns)
      value.rows.forEach((text, row) => {
        for (let column = 0; column < columns; column++)
          letters[column * rows + row] = text.padEnd(columns).charCodeAt(column)
      })
      return [element(4, bytesOf(letters))]
    }
    case 'sparse':
      return [
        element(5, bytesOf(value.rowIndices)),
        element(5, bytesOf(value.columnStarts)),
        element(9, bytesOf(Float64Array.from(value.data))),
      ]
    case 'numeric':
      return [element(typeOf(value.data)[2], bytesOf(value.data))]
  }
}

function typeOf(data: MatData): (typeof numericTypes)[number] {
  const found = numericTypes.find(([type]) => data instanceof type)
  if (found === undefined) throw new TypeError('unreachable: MatData lists every array type')
  return found
}

/** A tagged element, padded to eight bytes; up to four bytes share the tag's own eight, as MATLAB and SciPy write them. */
function element(type: number, data: Uint8Array): Uint8Array {
  if (data.length > 0 && data.length <= 4) {
    const small = new Uint8Array(8)
    new DataView(small.buffer).setUint32(0, (data.length << 16) | type, true)
    small.set(data, 4)
    return small
  }
  return joined([tag(type, data.length), data, new Uint8Array((8 - (data.length % 8)) % 8)])
}

function tag(type: number, length: number): Uint8Array {
  const bytes = new Uint8Array(8)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, type, true)
  view.setUint32(4, length, true)
  return bytes
}

/** The numbers low byte first, which the header promises. */
function bytesOf(data: MatData): Uint8Array {
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength).slice()
  const hostIsLittle = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1
  const size = data.BYTES_PER_ELEMENT
  return hostIsLittle ? bytes : bytes.map((_, i) => bytes[i - (i % size) + (size - 1 - (i % size))])
}

function ascii(text: string): Uint8Array {
  return Uint8Array.from(text, (letter) => letter.charCodeAt(0) & 0x7f)
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let position = 0
  for (const part of parts) {
    whole.set(part, position)
    position += part.length
  }
  return whole
}
