import type { LabelData, LabelMap } from '@pixelwise/masks'
import { PixelwiseError } from '@pixelwise/masks/shared'

/** A variable of a MATLAB file. Arrays keep MATLAB's order: first axis fastest. */
export type MatValue = MatNumeric | MatText | MatCell | MatStruct | MatSparse

/** Numbers of any MATLAB class; logical values are 0 and 1, 64-bit integers are given as doubles. */
export interface MatNumeric {
  readonly kind: 'numeric'
  readonly shape: readonly number[]
  readonly data: MatData
}

/** The element types of MATLAB's numeric arrays. */
export type MatData =
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | Float32Array
  | Float64Array

/** A character array; its rows, top to bottom, without padding. */
export interface MatText {
  readonly kind: 'text'
  readonly shape: readonly number[]
  readonly rows: readonly string[]
}

/** A cell array, first axis fastest. */
export interface MatCell {
  readonly kind: 'cell'
  readonly shape: readonly number[]
  readonly cells: readonly MatValue[]
}

/** A struct array: one record per element, first axis fastest. Objects are read as structs. */
export interface MatStruct {
  readonly kind: 'struct'
  readonly shape: readonly number[]
  readonly elements: readonly Readonly<Record<string, MatValue>>[]
}

/** A sparse matrix in compressed columns: column j holds entries `columnStarts[j]` to `columnStarts[j + 1]`. */
export interface MatSparse {
  readonly kind: 'sparse'
  readonly shape: readonly number[]
  readonly rowIndices: Int32Array
  readonly columnStarts: Int32Array
  readonly data: MatData
}

/**
 * Follows field names into a variable: `matField(variables, ['GTcls', 'Segmentation'], file)`; of struct arrays the first
 * element is taken. Throws `mat/no-variable` with the names there are.
 */
export function matField(
  variables: Readonly<Record<string, MatValue>>,
  path: readonly string[],
  file: string,
): MatValue {
  let record = variables
  let value: MatValue | undefined
  for (const [depth, name] of path.entries()) {
    value = Object.hasOwn(record, name) ? record[name] : undefined
    if (value === undefined) {
      const place = depth === 0 ? '' : ` in ${path.slice(0, depth).join('.')}`
      throw new PixelwiseError('mat/no-variable', {
        what: `${file} has no "${name}"${place}`,
        rule: `there is: ${Object.keys(record).join(', ') || 'nothing'}`,
        next: 'check that this is the right file of the right data set',
      })
    }
    record = value.kind === 'struct' ? (value.elements[0] ?? {}) : {}
  }
  if (value !== undefined) return value
  throw new PixelwiseError('mat/no-variable', {
    what: `no variable of ${file} is named`,
    rule: 'a path has at least one name',
    next: 'pass the name of a variable',
  })
}

/**
 * A matrix of whole numbers as a label map (rows first), each value passed through `relabel`.
 *
 * Throws `mat/not-labels` for other kinds of values and for labels that are not whole numbers 0..65535 after relabelling.
 */
export function matLabels(
  value: MatValue,
  file: string,
  relabel: (value: number) => number = (label) => label,
): LabelMap<LabelData> {
  if (value.kind !== 'numeric' || value.shape.length !== 2) {
    throw notLabels(file, `holds a ${value.kind} of ${value.shape.join('×')} where labels are expected`)
  }
  const [height, width] = value.shape
  const labels = new Uint16Array(height * width)
  let largest = 0
  for (let column = 0; column < width; column++) {
    for (let row = 0; row < height; row++) {
      const label = relabel(value.data[column * height + row])
      if (!(Number.isInteger(label) && label >= 0 && label <= 65535))
        throw notLabels(file, `gives label ${label} at (${row}, ${column})`)
      labels[row * width + column] = label
      if (label > largest) largest = label
    }
  }
  return { height, width, labels: largest < 256 ? Uint8Array.from(labels) : labels }
}

function notLabels(file: string, what: string): PixelwiseError {
  return new PixelwiseError('mat/not-labels', {
    what: `${file} ${what}`,
    rule: 'labels are a matrix of whole numbers 0..65535',
    next: 'check that this is the right file of the right data set',
  })
}
