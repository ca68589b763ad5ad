import { PixelwiseError } from '@pixelwise/masks/shared'

/** One element of an array of the top-level object. */
export interface JsonElement {
  /** The array's key. */
  readonly key: string
  /** The element's bytes; a copy. */
  readonly bytes: Uint8Array
  /** Where it begins in the file. */
  readonly offset: number
}

const quote = 0x22
const backslash = 0x5c
const comma = 0x2c
const openBrace = 0x7b
const closeBrace = 0x7d
const openBracket = 0x5b
const closeBracket = 0x5d

/**
 * Walks a JSON file piece by piece and hands out the elements of chosen top-level arrays, so that files larger than
 * memory can be read: only one element is held at a time.
 *
 * The file must be an object whose chosen values are arrays of objects. Throws `json/damaged` for anything else and for
 * files that end early, `json/too-large` for a single element beyond `maxElement` bytes.
 */
export class JsonElements {
  readonly #wanted: ReadonlySet<string>
  readonly #file: string
  readonly #maxElement: number
  readonly #emit: (element: JsonElement) => void
  #offset = 0
  #depth = 0
  #inString = false
  #escaped = false
  #ended = false
  /** Letters of the string being read at the top level, which may be a key. */
  #letters: number[] = []
  #key = ''
  #collecting = false
  #parts: Uint8Array[] = []
  #partsLength = 0
  #elementOffset = -1

  constructor(
    wanted: readonly string[],
    file: string,
    emit: (element: JsonElement) => void,
    { maxElement = 2 ** 26 }: { readonly maxElement?: number } = {},
  ) {
    this.#wanted = new Set(wanted)
    this.#file = file
    this.#emit = emit
    this.#maxElement = maxElement
  }

  /** The next piece of the file. */
  push(piece: Uint8Array): void {
    let start = this.#elementOffset >= 0 ? 0 : -1
    for (let i = 0; i < piece.length; i++) {
      const byte = piece[i]
      if (this.#inString) {
        this.#stringByte(byte)
        continue
      }
      if (byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09) continue
      if (this.#ended) throw this.#damaged(this.#offset + i, 'goes on after its end')
      if (this.#collecting && this.#depth === 2 && this.#elementOffset < 0 && byte !== comma && byte !== closeBracket) {
        if (byte !== openBrace)
          throw this.#damaged(this.#offset + i, `holds something other than objects in "${this.#key}"`)
        this.#elementOffset = this.#offset + i
        start = i
      }
      this.#structureByte(byte, i)
      if (this.#elementOffset >= 0 && this.#depth === 2) {
        this.#keep(piece.subarray(start, i + 1))
        this.#finishElement()
        start = -1
      }
    }
    if (start >= 0) this.#keep(piece.slice(start))
    this.#offset += piece.length
  }

  /** Says that the file is at its end; throws when the JSON is not. */
  end(): void {
    if (!this.#ended) throw this.#damaged(this.#offset, 'ends inside its JSON')
  }

  #stringByte(byte: number): void {
    if (this.#escaped) this.#escaped = false
    else if (byte === backslash) this.#escaped = true
    else if (byte === quote) {
      this.#inString = false
      return
    }
    if (this.#depth === 1 && this.#letters.length < 200) this.#letters.push(byte)
  }

  #structureByte(byte: number, i: number): void {
    if (this.#depth === 0 && byte !== openBrace) throw this.#damaged(this.#offset + i, 'is not a JSON object')
    if (byte === quote) {
      this.#inString = true
      if (this.#depth === 1) this.#letters = []
    } else if (byte === openBrace || byte === openBracket) {
      if (this.#depth === 1) this.#enterValue(byte, i)
      this.#depth++
    } else if (byte === closeBrace || byte === closeBracket) {
      this.#depth--
      if (this.#depth === 1) this.#collecting = false
      if (this.#depth === 0) this.#ended = true
    }
  }

  #enterValue(byte: number, i: number): void {
    this.#key = String.fromCharCode(...this.#letters)
    if (!this.#wanted.has(this.#key)) return
    if (byte !== openBracket) throw this.#damaged(this.#offset + i, `holds no array in "${this.#key}"`)
    this.#collecting = true
  }

  #keep(part: Uint8Array): void {
    this.#partsLength += part.length
    if (this.#partsLength > this.#maxElement) {
      throw new PixelwiseError('json/too-large', {
        what: `${this.#file}: the element of "${this.#key}" at byte ${this.#elementOffset} is longer than ${this.#maxElement} bytes`,
        rule: 'elements are read one at a time and must fit into memory',
        next: 'check that the file is what it should be',
      })
    }
    this.#parts.push(part)
  }

  #finishElement(): void {
    const bytes = new Uint8Array(this.#partsLength)
    let position = 0
    for (const part of this.#parts) {
      bytes.set(part, position)
      position += part.length
    }
    const element = { key: this.#key, bytes, offset: this.#elementOffset }
    this.#parts = []
    this.#partsLength = 0
    this.#elementOffset = -1
    this.#emit(element)
  }

  #damaged(at: number, what: string): PixelwiseError {
    return new PixelwiseError('json/damaged', {
      what: `${this.#file} ${what} (byte ${at})`,
      rule: 'it must be one JSON object with arrays of objects',
      next: 'the file is cut short or damaged; copy or download it again',
    })
  }
}
