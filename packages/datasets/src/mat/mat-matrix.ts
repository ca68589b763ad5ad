import { PixelwiseError } from '@pixelwise/masks/shared'
import { damagedMat } from './mat-errors.js'
import { MatReader } from './mat-reader.js'
import type { MatData, MatValue } from './mat-value.js'

/** How the numbers of a data element are stored, by element type. */
const storage: Record<
  number,
  { bytes: number; read: (view: DataView, at: number, little: boolean) => number } | undefined
> = {
  1: { bytes: 1, read: (view, at) => view.getInt8(at) },
  2: { bytes: 1, read: (view, at) => view.getUint8(at) },
  3: { bytes: 2, read: (view, at, little) => view.getInt16(at, little) },
  4: { bytes: 2, read: (view, at, little) => view.getUint16(at, little) },
  5: { bytes: 4, read: (view, at, little) => view.getInt32(at, little) },
  6: { bytes: 4, read: (view, at, little) => view.getUint32(at, little) },
  7: { bytes: 4, read: (view, at, little) => view.getFloat32(at, little) },
  9: { bytes: 8, read: (view, at, little) => view.getFloat64(at, little) },
  12: { bytes: 8, read: (view, at, little) => Number(view.getBigInt64(at, little)) },
  13: { bytes: 8, read: (view, at, little) => Number(view.getBigUint64(at, little)) },
  16: { bytes: 1, read: (view, at) => view.getUint8(at) },
  17: { bytes: 2, read: (view, at, little) => view.getUint16(at, little) },
}

/** Array types of numeric MATLAB classes, by class number. */
const numericClasses: Record<number, ((length: number) => MatData) | undefined> = {
  6: (length) => new Float64Array(length),
  7: (length) => new Float32Array(length),
  8: (length) => new Int8Array(length),
  9: (length) => new Uint8Array(length),
  10: (length) => new Int16Array(length),
  11: (length) => new Uint16Array(length),
  12: (length) => new Int32Array(length),
  13: (length) => new Uint32Array(length),
  14: (length) => new Float64Array(length),
  15: (length) => new Float64Array(length),
}

const matrixType = 14
const utf8Type = 16
const complexFlag = 0x08
const logicalFlag = 0x02

/** Cells within cells within structs …; genuine files stay in single digits. */
const deepestNesting = 32

const emptyMatrix: MatValue = { kind: 'numeric', shape: [0, 0], data: new Float64Array(0) }

/** Reads one variable: its name and its value. */
export function readMatrix(reader: MatReader, depth: number): { name: string; value: MatValue } {
  const { file } = reader
  if (depth > deepestNesting)
    throw damagedMat(file, `nests cells deeper than ${deepestNesting}`, 'genuine files nest a few levels')
  if (reader.atEnd) return { name: '', value: emptyMatrix }
  const flags = numbers(reader, 'array flags')
  if (flags.length < 2)
    throw damagedMat(file, 'has a variable without flags', 'every variable begins with flags, shape and name')
  const kind = flags[0] & 0xff
  const flagBits = (flags[0] >>> 8) & 0xff
  const shape = [...numbers(reader, 'dimensions')]
  const name = letters(reader.element().data)
  const count = shape.reduce((product, side) => product * side, 1)
  if (shape.length < 2 || shape.some((side) => side < 0) || !Number.isSafeInteger(count)) {
    throw damagedMat(
      file,
      `has a variable "${name}" of shape ${shape.join('×')}`,
      'shapes have two or more sides, none negative',
    )
  }
  if ((flagBits & complexFlag) !== 0) throw unsupported(file, name, 'complex numbers')
  return {
    name,
    value: readValue(reader, { kind, name, shape, count, logical: (flagBits & logicalFlag) !== 0 }, depth),
  }
}

interface MatrixHeader {
  readonly kind: number
  readonly name: string
  readonly shape: readonly number[]
  readonly count: number
  readonly logical: boolean
}

function readValue(reader: MatReader, header: MatrixHeader, depth: number): MatValue {
  const { kind, name, shape, count, logical } = header
  if (kind === 1) return { kind: 'cell', shape, cells: readCells(reader, count, name, depth) }
  if (kind === 2) return { kind: 'struct', shape, elements: readStruct(reader, count, name, depth) }
  if (kind === 3) {
    reader.element()
    return { kind: 'struct', shape, elements: readStruct(reader, count, name, depth) }
  }
  if (kind === 4) return { kind: 'text', shape, rows: readText(reader, shape, count, name) }
  if (kind === 5) return readSparse(reader, shape, logical)
  const make = logical ? (length: number) => new Uint8Array(length) : numericClasses[kind]
  if (make === undefined) throw unsupported(reader.file, name, kind === 16 ? 'a function handle' : `class ${kind}`)
  const stored = numbers(reader, `"${name}"`, count)
  const data = make(count)
  data.set(stored)
  return { kind: 'numeric', shape, data }
}

function readCells(reader: MatReader, count: number, name: string, depth: number): MatValue[] {
  if (count * 8 > reader.remaining) {
    throw damagedMat(
      reader.file,
      `has "${name}" with ${count} cells in ${reader.remaining} bytes`,
      'a cell takes at least 8 bytes',
    )
  }
  return Array.from({ length: count }, () => readNested(reader, depth))
}

function readNested(reader: MatReader, depth: number): MatValue {
  const element = reader.element()
  if (element.type !== matrixType)
    throw damagedMat(reader.file, `has an element of type ${element.type} for a cell`, 'cells and fields are variables')
  return readMatrix(new MatReader(element.data, reader.little, reader.file), depth + 1).value
}

function readStruct(reader: MatReader, count: number, name: string, depth: number): Record<string, MatValue>[] {
  const [nameLength] = numbers(reader, `the field names of "${name}"`)
  const names = letters(reader.element().data, true)
  if (!(nameLength > 0 && nameLength <= 64) && names.length > 0) {
    throw damagedMat(
      reader.file,
      `has "${name}" with field names of ${nameLength} bytes`,
      'field names have 1..64 bytes',
    )
  }
  const fields = Array.from({ length: names.length === 0 ? 0 : Math.floor(names.length / nameLength) }, (_, i) =>
    untilZero(names.slice(i * nameLength, (i + 1) * nameLength)),
  )
  if (count * fields.length * 8 > reader.remaining || (fields.length === 0 && count > 1_000_000)) {
    throw damagedMat(
      reader.file,
      `has "${name}" with ${count} elements of ${fields.length} fields in ${reader.remaining} bytes`,
      'a field takes at least 8 bytes',
    )
  }
  return Array.from({ length: count }, () =>
    Object.fromEntries(fields.map((field) => [field, readNested(reader, depth)])),
  )
}

function readText(reader: MatReader, shape: readonly number[], count: number, name: string): string[] {
  if (count === 0) return []
  const element = reader.element()
  const stored =
    element.type === utf8Type
      ? [...new TextDecoder().decode(element.data)]
      : Array.from(decoded(reader, element, name), (code) => String.fromCharCode(code))
  if (stored.length < count && element.type !== utf8Type) {
    throw damagedMat(
      reader.file,
      `has text "${name}" of ${stored.length} letters`,
      `its shape ${shape.join('×')} needs ${count}`,
    )
  }
  const [rows] = shape
  if (rows > stored.length)
    throw damagedMat(reader.file, `has text "${name}" of ${rows} rows`, `it holds ${stored.length} letters`)
  return Array.from({ length: rows }, (_, row) =>
    stored
      .filter((_, i) => i % rows === row)
      .join('')
      .trimEnd(),
  )
}

function readSparse(reader: MatReader, shape: readonly number[], logical: boolean): MatValue {
  const { file } = reader
  const rowIndices = Int32Array.from(numbers(reader, 'row indices'))
  const columnStarts = Int32Array.from(numbers(reader, 'column starts'))
  const stored = numbers(reader, 'sparse values')
  const [rows, columns] = shape
  const used = columnStarts[columns] ?? -1
  const ordered = columnStarts.every((start, i) => start >= (columnStarts[i - 1] ?? 0))
  if (columnStarts.length !== columns + 1 || !ordered || used > rowIndices.length || used > stored.length || used < 0) {
    throw damagedMat(
      file,
      `has a sparse matrix of ${shape.join('×')} with ${columnStarts.length} column starts`,
      'they rise and end at the number of entries',
    )
  }
  if (rowIndices.subarray(0, used).some((row) => row < 0 || row >= rows)) {
    throw damagedMat(file, `has a sparse entry outside its ${rows} rows`, 'row indices stay below the number of rows')
  }
  const data = logical ? new Uint8Array(used) : new Float64Array(used)
  data.set(stored.subarray(0, used))
  return { kind: 'sparse', shape, rowIndices: rowIndices.subarray(0, used), columnStarts, data }
}

/** The numbers of the next element; MATLAB stores doubles as bytes where they fit. */
function numbers(reader: MatReader, what: string, count?: number): Float64Array {
  const element = reader.element()
  const values = decoded(reader, element, what)
  if (count !== undefined && values.length !== count) {
    throw damagedMat(reader.file, `has ${values.length} numbers for ${what}`, `its shape needs ${count}`)
  }
  return values
}

function decoded(reader: MatReader, { type, data }: { type: number; data: Uint8Array }, what: string): Float64Array {
  const kind = storage[type]
  if (kind === undefined)
    throw damagedMat(
      reader.file,
      `has an element of type ${type} for ${what}`,
      'numbers have the types 1..7, 9, 12, 13',
    )
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength)
  const values = new Float64Array(Math.floor(data.length / kind.bytes))
  for (let i = 0; i < values.length; i++) values[i] = kind.read(view, i * kind.bytes, reader.little)
  return values
}

/** Latin letters; names end at their first zero byte unless several are packed together. */
function letters(data: Uint8Array, packed = false): string {
  const text = Array.from(data, (code) => String.fromCharCode(code)).join('')
  return packed ? text : untilZero(text)
}

function untilZero(text: string): string {
  return text.split('\0', 1)[0]
}

function unsupported(file: string, name: string, what: string): PixelwiseError {
  return new PixelwiseError('mat/unsupported', {
    what: `${file} holds ${what} in "${name}"`,
    rule: 'read are numeric, logical, character, cell, struct and sparse arrays of real numbers',
    next: 'save the file without this variable',
  })
}
