import { damagedMat } from './mat-errors.js'

/** A tagged piece of a MATLAB file. */
export interface MatElement {
  readonly type: number
  readonly data: Uint8Array
}

/** Walks the data elements of a stretch of bytes; nothing beyond the stretch is ever read. */
export class MatReader {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  readonly little: boolean
  readonly file: string
  #position = 0

  constructor(bytes: Uint8Array, little: boolean, file: string) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.little = little
    this.file = file
  }

  get atEnd(): boolean {
    return this.#position >= this.#bytes.length
  }

  get remaining(): number {
    return Math.max(0, this.#bytes.length - this.#position)
  }

  /** The next element; inside a variable elements are padded to eight bytes, in the file itself they are not. */
  element({ padded = true }: { readonly padded?: boolean } = {}): MatElement {
    if (this.remaining < 8) throw this.#damaged(`ends inside an element's tag`)
    const first = this.#view.getUint32(this.#position, this.little)
    const small = first >>> 16
    if (small > 0) {
      if (small > 4) throw this.#damaged(`has a small element of ${small} bytes`)
      const start = this.#position + 4
      this.#position += 8
      return { type: first & 0xffff, data: this.#bytes.subarray(start, start + small) }
    }
    const length = this.#view.getUint32(this.#position + 4, this.little)
    const start = this.#position + 8
    if (length > this.#bytes.length - start) {
      throw this.#damaged(`has an element that claims ${length} bytes where ${this.#bytes.length - start} are left`)
    }
    this.#position = start + length
    if (padded) this.#position = Math.ceil(this.#position / 8) * 8
    return { type: first, data: this.#bytes.subarray(start, start + length) }
  }

  #damaged(what: string) {
    return damagedMat(this.file, what, 'a MATLAB file is a sequence of whole tagged elements')
  }
}
