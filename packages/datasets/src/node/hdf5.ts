import { openSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { PixelwiseError } from '@pixelwise/masks/shared'
import type { Dataset as H5Dataset, File as H5File } from 'h5wasm/node'
import type { MatData } from '../mat/mat-value.js'
import { readBytes } from './files.js'
import { type H5Wasm, loadH5wasm } from './load-h5wasm.js'

/** Numbers of an HDF5 data set, last axis fastest. */
export interface Hdf5Array {
  readonly shape: readonly number[]
  readonly data: MatData
}

/** From which element, and up to which (not included), of each axis; axes that are not named are taken whole. */
export type Hdf5Ranges = readonly (readonly [number, number])[]

/** How an HDF5 file is read. */
export interface Hdf5Options {
  /** The largest array that is read, in bytes; checked before memory is taken. Default 1 GiB. */
  readonly maxBytes?: number
}

/**
 * An HDF5 file, also one of MATLAB 7.3, which is HDF5 behind 512 bytes of text. Only what is asked for is read, so that
 * the file may be larger than memory.
 *
 * Needs the optional peer h5wasm. Close it when done.
 *
 * @example
 * const file = await Hdf5File.open('weights.h5')
 * const { shape, data } = file.read('conv1/kernel')
 * file.close()
 */
export class Hdf5File {
  readonly path: string
  readonly #library: H5Wasm
  readonly #state: FileState
  readonly #file: H5File
  readonly #maxBytes: number

  private constructor(library: H5Wasm, state: FileState, file: H5File, maxBytes: number) {
    this.path = state.path
    this.#library = library
    this.#state = state
    this.#file = file
    this.#maxBytes = maxBytes
  }

  /** Rejects with `hdf5/no-h5wasm`, `file/missing`, `hdf5/damaged`, `hdf5/changed`, `hdf5/library-ended`. */
  static async open(path: string, { maxBytes = 2 ** 30 }: Hdf5Options = {}): Promise<Hdf5File> {
    const library = await loadH5wasm()
    if (hasEnded) throw ended(path)
    const state = await fileState(path)
    const before = foundDamaged.get(state.place)
    if (before !== undefined && before !== state.version) throw changed(path)
    const file = guarded(library, path, () => new library.File(path, 'r'))
    return new Hdf5File(library, state, file, maxBytes)
  }

  /** Names at the top level. */
  names(): string[] {
    return this.#guarded(() => this.#file.keys())
  }

  /** Throws `hdf5/no-dataset`, listing the names there are. */
  shape(name: string): readonly number[] {
    return this.#numeric(name).shape
  }

  /** Throws `hdf5/no-dataset`, `hdf5/out-of-range`, `hdf5/too-large`, `hdf5/unsupported` (no numbers) or `hdf5/damaged`. */
  read(name: string, ranges: Hdf5Ranges = []): Hdf5Array {
    const { dataset, shape, size } = this.#numeric(name)
    const taken = shape.map((length, axis) => ranges[axis] ?? ([0, length] as const))
    for (const [axis, [from, to]] of taken.entries()) {
      const fits = Number.isInteger(from) && Number.isInteger(to) && from >= 0 && from <= to && to <= shape[axis]
      if (!fits) throw outOfRange(this.path, name, axis, [from, to], shape)
    }
    const newShape = taken.map(([from, to]) => to - from)
    const length = newShape.reduce((product, extent) => product * extent, 1)
    if (length * size > this.#maxBytes) throw tooLarge(this.path, name, length * size, this.#maxBytes)
    const data = this.#guarded(() => dataset.slice(taken.map(([from, to]) => [from, to])))
    if (!isNumbers(data) || data.length !== length) throw damaged(this.path, `gives ${kindOf(data)} for "${name}"`)
    return { shape: newShape, data }
  }

  /** The texts that a MATLAB cell array of them refers to, first axis fastest. Throws as `read`. */
  readTexts(name: string): string[] {
    const dataset = this.#find(name)
    const total = this.#guarded(() => dataset.metadata.total_size)
    if (total * 8 > this.#maxBytes) throw tooLarge(this.path, name, total * 8, this.#maxBytes)
    const references: unknown = this.#guarded(() => dataset.value)
    if (!Array.isArray(references)) throw unsupported(this.path, name, 'holds no references')
    return references.map((reference: unknown) => {
      const { Reference, Dataset } = this.#library
      if (!(reference instanceof Reference)) throw unsupported(this.path, name, 'holds no references')
      // Typed too narrowly to be asked for its class.
      const target: unknown = this.#guarded(() => this.#file.dereference(reference))
      if (!(target instanceof Dataset)) throw damaged(this.path, `refers to nothing in "${name}"`)
      const length = this.#guarded(() => target.metadata.total_size)
      if (length > longestText) throw tooLarge(this.path, name, length, longestText)
      const codes = this.#guarded(() => target.value)
      if (!isNumbers(codes)) throw unsupported(this.path, name, 'refers to what is no text')
      return String.fromCharCode(...codes)
    })
  }

  /** Closes the file; arrays of it can no longer be read. */
  close(): void {
    this.#guarded(() => this.#file.close())
  }

  #numeric(name: string): { dataset: H5Dataset; shape: number[]; size: number } {
    const dataset = this.#find(name)
    const { type, size, shape, littleEndian } = this.#guarded(() => dataset.metadata)
    const { H5T_INTEGER, H5T_FLOAT } = this.#library.Module.H5T_class_t
    const numbers = type === H5T_INTEGER.value || (type === H5T_FLOAT.value && size >= 4)
    if (!numbers || size > 8 || (size === 8 && type === H5T_INTEGER.value)) {
      throw unsupported(this.path, name, 'holds no numbers of at most 32 bits or double precision')
    }
    if (!littleEndian && size > 1) throw unsupported(this.path, name, 'holds numbers with the high byte first')
    if (shape === null) throw unsupported(this.path, name, 'is empty')
    return { dataset, shape, size }
  }

  #find(name: string): H5Dataset {
    const found = this.#guarded(() => this.#file.get(name))
    if (found instanceof this.#library.Dataset) return found
    throw new PixelwiseError('hdf5/no-dataset', {
      what: `${this.path} has no data set "${name}"`,
      rule: `there is: ${this.names().slice(0, 40).join(', ') || 'nothing'}`,
      next: 'check that this is the right file',
    })
  }

  #guarded<T>(action: () => T): T {
    try {
      return guarded(this.#library, this.path, action)
    } catch (error) {
      noteDamage(this.#state)
      throw error
    }
  }
}

/** Longest name in a cell array, in characters. */
const longestText = 10_000

/** A file on disk as it was when opened. */
interface FileState {
  readonly path: string
  /** Device and number of the file, by which the library tells files apart. */
  readonly place: string
  readonly version: string
}

/** The library never lets go of an open file in which an error occurred, and would give its old content if it were rewritten. */
const foundDamaged = new Map<string, string>()

/** Holds the file open, lest another file get its number. */
function noteDamage({ path, place, version }: FileState): void {
  if (foundDamaged.has(place)) return
  foundDamaged.set(place, version)
  try {
    openSync(path, 'r')
  } catch {
    // It is gone; then the library holds it.
  }
}

/** Whether the library has given up: it then does nothing more in this process. */
let hasEnded = false

/** While it acts, the library throws what it otherwise prints. */
function guarded<T>({ Module }: H5Wasm, path: string, action: () => T): T {
  if (hasEnded) throw ended(path)
  Module.activate_throwing_error_handler()
  try {
    return action()
  } catch (cause) {
    hasEnded = cause instanceof WebAssembly.RuntimeError
    throw damaged(path, `cannot be read as HDF5 (${reasonOf(cause)})`, cause)
  } finally {
    if (!hasEnded) Module.deactivate_throwing_error_handler()
  }
}

/** The library's messages list its calls; the innermost, last one says what was wrong. */
function reasonOf(cause: unknown): string {
  const message = (cause instanceof Error ? cause.message : String(cause)).trim()
  const calls = [...message.matchAll(/^ *#\d+: .*\(\): (.*)$/gm)]
  return (calls.at(-1)?.[1] ?? message.split('\n')[0]).slice(0, 200)
}

const signature = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a]

/** HDF5 may begin at byte 0, 512, 1024, 2048, …; what stands before belongs to others. */
async function fileState(path: string): Promise<FileState> {
  const handle = await open(path).catch(async (cause: unknown) => {
    // Says which names are near.
    await readBytes(path)
    throw cause
  })
  try {
    const { dev, ino, size, mtimeMs } = await handle.stat()
    for (let at = 0; at + signature.length <= size; at = at === 0 ? 512 : 2 * at) {
      const { buffer } = await handle.read(new Uint8Array(signature.length), 0, signature.length, at)
      const begins = signature.every((byte, i) => buffer[i] === byte)
      if (begins) return { path, place: `${dev} ${ino}`, version: `${size} ${mtimeMs}` }
    }
    throw damaged(path, 'has no HDF5 signature')
  } finally {
    await handle.close()
  }
}

function isNumbers(value: unknown): value is MatData {
  const is64Bit = value instanceof BigInt64Array || value instanceof BigUint64Array
  return ArrayBuffer.isView(value) && !(value instanceof DataView) && !is64Bit
}

function kindOf(value: unknown): string {
  return isNumbers(value) ? `${value.length} numbers` : typeof value
}

function damaged(path: string, what: string, cause?: unknown): PixelwiseError {
  return new PixelwiseError('hdf5/damaged', {
    what: `${path} ${what}`,
    rule: 'it must be a whole HDF5 file (MATLAB 7.3 files are)',
    next: 'download or copy it again',
    cause,
  })
}

function changed(path: string): PixelwiseError {
  return new PixelwiseError('hdf5/changed', {
    what: `${path} has changed since it was found damaged`,
    rule: 'the HDF5 library keeps what it saw of a damaged file',
    next: 'give the new file another name, or start the program again',
  })
}

function ended(path: string): PixelwiseError {
  return new PixelwiseError('hdf5/library-ended', {
    what: `${path} cannot be opened: the HDF5 library gave up on an earlier file`,
    rule: 'a badly damaged file, or some two thousand damaged ones, end it until the program ends',
    next: 'start the program again, without the damaged files',
  })
}

function unsupported(path: string, name: string, what: string): PixelwiseError {
  return new PixelwiseError('hdf5/unsupported', {
    what: `"${name}" of ${path} ${what}`,
    rule: 'arrays of little-endian numbers and cell arrays of texts are read',
    next: 'check that this is the right file',
  })
}

function tooLarge(path: string, name: string, bytes: number, most: number): PixelwiseError {
  return new PixelwiseError('hdf5/too-large', {
    what: `"${name}" of ${path} takes ${bytes} bytes`,
    rule: `at most ${most} are read at once`,
    next: 'read it by ranges, or check the file',
  })
}

function outOfRange(
  path: string,
  name: string,
  axis: number,
  [from, to]: readonly [number, number],
  shape: readonly number[],
): PixelwiseError {
  return new PixelwiseError('hdf5/out-of-range', {
    what: `elements ${from} to ${to} of axis ${axis} of "${name}" in ${path}`,
    rule: `its shape is ${shape.join('×')}`,
    next: 'ask for elements that there are',
  })
}
