import { PixelwiseError } from '@pixelwise/masks/shared'
import type { ByteSource } from '../byte-source.js'

/** How a field's value is stored. */
export const wireType = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const

/**
 * Walks the fields of protobuf messages without copying their contents.
 *
 * `next` moves to the following field of the current range and says where its value lies; large values (weights) are
 * stepped over and can be read later from `valueStart`. Lengths are checked against the enclosing message, so nothing is
 * ever read or allocated beyond the source.
 *
 * Throws `caffemodel/broken` with the byte offset.
 */
export class WireReader {
  readonly source: ByteSource
  /** Field number, wire type, offset of the tag. */
  field = 0
  type = 0
  offset = 0
  /** Value of a varint field; beyond 2^53 only its size is right. */
  value = 0
  /** Where the value lies: for `bytes` the content without its length. */
  valueStart = 0
  valueEnd = 0

  #position: number
  readonly #end: number
  readonly #window: Window

  constructor(source: ByteSource, start = 0, end = source.length, window = new Window(source)) {
    this.source = source
    this.#position = start
    this.#end = end
    this.#window = window
  }

  /** Moves to the next field; false at the end of the message. */
  next(): boolean {
    if (this.#position >= this.#end) return false
    this.offset = this.#position
    const tag = this.#varint()
    this.field = Math.floor(tag / 8)
    this.type = tag % 8
    if (this.field < 1 || this.field > 0x1fffffff) {
      throw broken(this.source, this.offset, `field number ${this.field}`, 'field numbers lie between 1 and 2^29 − 1')
    }
    this.valueStart = this.#position
    switch (this.type) {
      case wireType.varint:
        this.value = this.#varint()
        break
      case wireType.fixed64:
        this.#advance(8)
        break
      case wireType.bytes: {
        const length = this.#varint()
        this.valueStart = this.#position
        this.#advance(length)
        break
      }
      case wireType.fixed32:
        this.#advance(4)
        break
      default:
        throw broken(this.source, this.offset, `wire type ${this.type}`, 'Caffe writes the wire types 0, 1, 2 and 5')
    }
    this.valueEnd = this.#position
    return true
  }

  /** The message in the current field. Throws where the field is something else. */
  message(what: string): WireReader {
    this.expect(wireType.bytes, what)
    return new WireReader(this.source, this.valueStart, this.valueEnd, this.#window)
  }

  /** The text in the current field, at most 64 KiB. */
  text(what: string): string {
    this.expect(wireType.bytes, what)
    const length = this.valueEnd - this.valueStart
    if (length > longestText) {
      throw broken(this.source, this.offset, `${what} of ${length} bytes`, `names have at most ${longestText} bytes`)
    }
    const bytes = new Uint8Array(length)
    this.source.readInto(bytes, this.valueStart)
    return new TextDecoder().decode(bytes)
  }

  /** Whole numbers of the current field, packed or single, appended to `into`, of which there may be at most `most`. */
  integers(what: string, into: number[], most: number): void {
    if (this.type === wireType.varint) into.push(this.value)
    else {
      this.expect(wireType.bytes, what)
      const inner = new WireReader(this.source, this.valueStart, this.valueEnd, this.#window)
      while (inner.#position < inner.#end && into.length <= most) into.push(inner.#varint())
    }
    if (into.length <= most) return
    throw broken(this.source, this.offset, `${what} with more than ${most} numbers`, `there are at most ${most}`)
  }

  expect(type: number, what: string): void {
    if (this.type === type) return
    throw broken(this.source, this.offset, `${what} has wire type ${this.type}`, `expected wire type ${type}`)
  }

  #varint(): number {
    let low = 0
    let high = 0
    for (let i = 0; i < 10; i++) {
      if (this.#position >= this.#end) break
      const byte = this.#window.byteAt(this.#position++)
      const bits = byte & 0x7f
      if (i < 4) low += bits * 2 ** (7 * i)
      else if (i === 4) {
        low += (bits & 0x0f) * 2 ** 28
        high += bits >> 4
      } else high += bits * 2 ** (7 * i - 32)
      if (byte < 0x80) return high >= 2 ** 31 ? (high - 2 ** 32) * 2 ** 32 + low : high * 2 ** 32 + low
    }
    throw broken(
      this.source,
      this.offset,
      'a number without end',
      'numbers have at most ten bytes and end in the message',
    )
  }

  #advance(length: number): void {
    if (length >= 0 && length <= this.#end - this.#position) {
      this.#position += length
      return
    }
    const left = this.#end - this.#position
    const rule = `its message has ${left} ${left === 1 ? 'byte' : 'bytes'} left`
    throw broken(this.source, this.offset, `field ${this.field} is ${length} bytes long`, rule)
  }
}

const longestText = 65536

/** A piece of the source, so that small fields cost no read each. */
class Window {
  readonly #source: ByteSource
  readonly #bytes: Uint8Array
  #start = 0
  #end = 0

  constructor(source: ByteSource) {
    this.#source = source
    this.#bytes = new Uint8Array(Math.min(source.length, 16384))
  }

  byteAt(offset: number): number {
    if (offset < this.#start || offset >= this.#end) {
      this.#start = offset
      this.#end = Math.min(this.#source.length, offset + this.#bytes.length)
      this.#source.readInto(this.#bytes.subarray(0, this.#end - offset), offset)
    }
    return this.#bytes[offset - this.#start]
  }
}

/** The error of a file that is not what Caffe writes. */
export function broken(source: ByteSource, offset: number, what: string, rule: string): PixelwiseError {
  return new PixelwiseError('caffemodel/broken', {
    what: `${source.name}, byte ${offset}: ${what}`,
    rule,
    next: 'copy or download the file again; it is damaged, or no binary Caffe file',
  })
}
