import { PixelwiseError } from '@pixelwise/masks/shared'
import { matTooLarge } from './mat-errors.js'
import { expandElement } from './mat-inflate.js'
import { readMatrix } from './mat-matrix.js'
import { MatReader } from './mat-reader.js'
import type { MatValue } from './mat-value.js'

/** How a MATLAB file is read. */
export interface MatOptions {
  /** The file's name or path, for error messages; `file` when not given. */
  readonly name?: string
  /** The largest variable in bytes after expansion; checked before memory is taken. Default 1 GiB. */
  readonly maxBytes?: number
}

/** Types of data elements that hold a variable. */
const matrixType = 14
const compressedType = 15

/**
 * Reads the variables of a MATLAB file of version 5 (`save -v6` and `-v7`, scipy's `savemat`): numeric, logical, character,
 * cell, struct, object and sparse arrays, compressed or not, of either byte order.
 *
 * Throws `mat/not-v5`, `mat/damaged`, `mat/too-large`, `mat/unsupported` (function handles, complex numbers), naming the file.
 * Source: MathWorks, MAT-File Format (level 5).
 */
export function decodeMat(
  bytes: Uint8Array,
  { name: file = 'file', maxBytes = 2 ** 30 }: MatOptions = {},
): Record<string, MatValue> {
  const little = checkHeader(bytes, file)
  const reader = new MatReader(bytes.subarray(128), little, file)
  const variables: [string, MatValue][] = []
  while (!reader.atEnd) {
    const element = reader.element({ padded: false })
    if (element.type === compressedType) {
      const inner = expandElement(element.data, little, file, maxBytes).element({ padded: false })
      if (inner.type === matrixType) variables.push(readVariable(inner.data, little, file))
    } else {
      if (element.data.length > maxBytes) throw matTooLarge(file, element.data.length, maxBytes)
      if (element.type === matrixType) variables.push(readVariable(element.data, little, file))
    }
  }
  return Object.fromEntries(variables)
}

function readVariable(data: Uint8Array, little: boolean, file: string): [string, MatValue] {
  const { name, value } = readMatrix(new MatReader(data, little, file), 0)
  return [name, value]
}

/** Whether numbers are stored low byte first. */
function checkHeader(bytes: Uint8Array, file: string): boolean {
  const text = String.fromCharCode(...bytes.subarray(0, 116))
  if (text.startsWith('MATLAB 7.3') || (bytes.length > 520 && bytes[512] === 0x89 && bytes[513] === 0x48)) {
    throw notVersion5(file, 'is a MATLAB 7.3 file (HDF5)', 'save it with "-v7", or read it with an HDF5 reader')
  }
  const mark = String.fromCharCode(bytes[126], bytes[127])
  if (bytes.length < 128 || (mark !== 'IM' && mark !== 'MI')) {
    throw notVersion5(file, `(${bytes.length} bytes) has no MATLAB 5 header`, 'check the file')
  }
  return mark === 'IM'
}

function notVersion5(file: string, what: string, next: string): PixelwiseError {
  return new PixelwiseError('mat/not-v5', {
    what: `${file} ${what}`,
    rule: 'MATLAB files of version 5 begin with 128 bytes of text that end in "IM" or "MI"',
    next,
  })
}
