import type { ByteSource } from '../byte-source.js'
import type { CaffeBlob } from '../weights/weight-source.js'
import { broken, WireReader, wireType } from './wire-reader.js'

/**
 * Reads a BlobProto: its shape (named sizes of old files, or dims), and where its values lie.
 *
 * The values stay in the source until they are asked for. Packed and single floats are accepted, and doubles, which win
 * over floats. `where` names the blob in errors (`layer "conv1", blob 0`).
 *
 * Throws `caffemodel/broken` where sizes and values do not fit.
 */
export function readBlob(reader: WireReader, where: string): CaffeBlob & { readonly legacy: boolean } {
  return readBlobFields(reader.message(where), reader.offset, where)
}

function readBlobFields(fields: WireReader, start: number, where: string): CaffeBlob & { readonly legacy: boolean } {
  const { source } = fields
  const legacy: (number | undefined)[] = []
  const dims: number[] = []
  const floats = new StoredNumbers(source, 4)
  const doubles = new StoredNumbers(source, 8)
  while (fields.next()) {
    if (fields.field >= 1 && fields.field <= 4) {
      fields.expect(wireType.varint, `${where}: size`)
      legacy[fields.field - 1] = fields.value
    } else if (fields.field === 5) floats.add(fields, where)
    else if (fields.field === 8) doubles.add(fields, where)
    else if (fields.field === 7) {
      const shape = fields.message(`${where}: shape`)
      while (shape.next()) if (shape.field === 1) shape.integers(`${where}: shape`, dims, mostAxes)
    }
  }
  const isLegacy = legacy.length > 0
  const shape = isLegacy ? [0, 1, 2, 3].map((axis) => legacy[axis] ?? 0) : dims
  const bad = shape.find((size) => !Number.isSafeInteger(size) || size < 0)
  if (bad !== undefined) throw broken(source, start, `${where} has a size of ${bad}`, 'sizes are zero or more')
  const numbers = doubles.count > 0 ? doubles : floats
  const count = shape.reduce((product, size) => product * size, 1)
  if (count !== numbers.count) {
    const what = `${where} has shape [${shape.join(', ')}] and ${numbers.count} values`
    throw broken(source, start, what, `the shape takes ${count} values`)
  }
  return { shape, count, legacy: isLegacy, readInto: (target, first) => numbers.readInto(target, first) }
}

/** Caffe allows 32 axes. */
const mostAxes = 32

interface Run {
  /** Index of the run's first value among all. */
  readonly first: number
  count: number
  readonly start: number
  /** Bytes from one value to the next: the width itself, or one more where each has its own tag. */
  readonly step: number
}

/** Where the values of one repeated field lie: runs of packed values, and of single values one after the other. */
class StoredNumbers {
  count = 0
  readonly #runs: Run[] = []
  readonly #source: ByteSource
  readonly #width: 4 | 8

  constructor(source: ByteSource, width: 4 | 8) {
    this.#source = source
    this.#width = width
  }

  add(field: WireReader, where: string): void {
    const width = this.#width
    if (field.type === (width === 4 ? wireType.fixed32 : wireType.fixed64)) {
      this.#addSingle(field.valueStart)
      return
    }
    field.expect(wireType.bytes, `${where}: values`)
    const bytes = field.valueEnd - field.valueStart
    if (bytes % width !== 0) {
      const rule = `values have ${width} bytes each`
      throw broken(this.#source, field.offset, `${where}: ${bytes} bytes of values`, rule)
    }
    if (bytes > 0) this.#append({ first: this.count, count: bytes / width, start: field.valueStart, step: width })
  }

  #addSingle(start: number): void {
    const step = this.#width + 1
    const last = this.#runs.at(-1)
    const continues = last !== undefined && last.start + last.count * last.step === start
    if (continues && last.step === step) {
      last.count += 1
      this.count += 1
    } else this.#append({ first: this.count, count: 1, start, step })
  }

  #append(run: Run): void {
    if (this.#runs.length >= mostRuns) {
      throw broken(this.#source, run.start, 'values in too many pieces', `a blob lies in at most ${mostRuns} pieces`)
    }
    this.#runs.push(run)
    this.count += run.count
  }

  readInto(target: Float32Array, first: number): void {
    for (let done = 0; done < target.length; ) {
      const index = first + done
      const run = this.#runAt(index)
      const skipped = index - run.first
      const length = Math.min(run.count - skipped, target.length - done)
      this.#readRun(target.subarray(done, done + length), run.start + skipped * run.step, run.step)
      done += length
    }
  }

  #runAt(index: number): Run {
    let [low, high] = [0, this.#runs.length - 1]
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if (this.#runs[middle].first <= index) low = middle
      else high = middle - 1
    }
    return this.#runs[low]
  }

  #readRun(target: Float32Array, offset: number, step: number): void {
    if (step === 4) {
      this.#source.readInto(new Uint8Array(target.buffer, target.byteOffset, target.byteLength), offset)
      return
    }
    const piece = Math.min(target.length, valuesPerPiece)
    const bytes = new Uint8Array(piece * step)
    const view = new DataView(bytes.buffer)
    for (let done = 0; done < target.length; done += piece) {
      const count = Math.min(piece, target.length - done)
      const last = count * step - (step - this.#width) // no tag behind the last value
      this.#source.readInto(bytes.subarray(0, last), offset + done * step)
      for (let i = 0; i < count; i++) {
        target[done + i] = this.#width === 4 ? view.getFloat32(i * step, true) : view.getFloat64(i * step, true)
      }
    }
  }
}

const mostRuns = 65536
const valuesPerPiece = 65536

/** A file that is one blob, such as a mean image (`.binaryproto`). */
export function readBlobFile(source: ByteSource): CaffeBlob {
  return readBlobFields(new WireReader(source), 0, source.name)
}
