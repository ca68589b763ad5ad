import { PixelwiseError } from '@pixelwise/masks/shared'

/** A place in a text file, counted from 1. */
export interface Position {
  readonly line: number
  readonly column: number
}

export interface Token {
  readonly kind: 'word' | 'number' | 'text' | 'symbol' | 'end'
  /** The word, the symbol, the number as written, or the decoded text. */
  readonly text: string
  readonly at: Position
}

/**
 * Cuts protobuf text into words, numbers, texts and symbols, one token at a time.
 *
 * Comments run from `#` to the end of the line. Texts stand in single or double quotes with C escapes.
 * Throws `prototxt/syntax` with file, line and column.
 */
export class Tokenizer {
  readonly #source: string
  readonly #name: string
  #offset = 0
  #line = 1
  #lineStart = 0

  constructor(source: string, name: string) {
    this.#source = source
    this.#name = name
  }

  next(): Token {
    this.#skipBlanks()
    const at = this.#position()
    const start = this.#offset
    const first = this.#source[start]
    if (first === undefined) return { kind: 'end', text: 'end of file', at }
    if (first === '"' || first === "'") return { kind: 'text', text: this.#quoted(first, at), at }
    if (symbols.includes(first)) {
      this.#offset++
      return { kind: 'symbol', text: first, at }
    }
    if (/[-+.\d]/.test(first)) return { kind: 'number', text: this.#take(numberPattern, at), at }
    if (/[A-Za-z_]/.test(first)) return { kind: 'word', text: this.#take(wordPattern, at), at }
    throw this.error(at, `unexpected ${JSON.stringify(first)}`, 'fields look like "name: value" or "name { … }"')
  }

  error(at: Position, what: string, rule: string, next = 'mend the file there'): PixelwiseError {
    return new PixelwiseError('prototxt/syntax', { what: `${place(this.#name, at)}: ${what}`, rule, next })
  }

  #take(pattern: RegExp, at: Position): string {
    pattern.lastIndex = this.#offset
    const found = pattern.exec(this.#source)?.[0]
    if (found === undefined) {
      throw this.error(at, `unexpected "${this.#source[this.#offset]}"`, 'a number needs digits')
    }
    this.#offset += found.length
    return found
  }

  #skipBlanks(): void {
    for (;;) {
      const code = this.#source.charCodeAt(this.#offset)
      if (code === 10) {
        this.#offset++
        this.#line++
        this.#lineStart = this.#offset
      } else if (code === 32 || code === 9 || code === 13 || code === 11 || code === 12 || code === 0xfeff)
        this.#offset++
      else if (code === 35) {
        const end = this.#source.indexOf('\n', this.#offset)
        this.#offset = end === -1 ? this.#source.length : end
      } else return
    }
  }

  #quoted(quote: string, at: Position): string {
    const bytes: number[] = []
    this.#offset++
    for (;;) {
      const character = this.#source[this.#offset]
      if (character === undefined || character === '\n') {
        throw this.error(at, 'a text without its closing quote', `it ends with ${quote} on the same line`)
      }
      this.#offset++
      if (character === quote) return new TextDecoder().decode(Uint8Array.from(bytes))
      if (character === '\\') bytes.push(this.#escaped(at))
      else {
        const code = this.#source.codePointAt(this.#offset - 1) ?? 0
        if (code > 0xffff) this.#offset++
        pushCodePoint(bytes, code)
      }
    }
  }

  /** The byte after a backslash. */
  #escaped(at: Position): number {
    const rest = this.#source.slice(this.#offset, this.#offset + 3)
    const [numeric, octal, hexadecimal] = /^(?:([0-7]{1,3})|[xX]([\da-fA-F]{1,2}))/.exec(rest) ?? []
    if (numeric !== undefined) {
      this.#offset += numeric.length
      return (octal === undefined ? Number.parseInt(hexadecimal, 16) : Number.parseInt(octal, 8)) & 0xff
    }
    const plain = escapes[rest[0]]
    if (plain === undefined) throw this.error(at, `unknown escape "\\${rest[0] ?? ''}"`, 'texts use the escapes of C')
    this.#offset++
    return plain
  }

  #position(): Position {
    return { line: this.#line, column: this.#offset - this.#lineStart + 1 }
  }
}

const symbols = ['{', '}', '<', '>', '[', ']', ':', ',', ';']
const numberPattern = /[-+]?(?:0[xX][\da-fA-F]+|(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?[fF]?|inf(?:inity)?\b|nan\b)/iy
const wordPattern = /[A-Za-z_][\w.]*/y
const escapes: Readonly<Record<string, number>> = {
  n: 10,
  r: 13,
  t: 9,
  a: 7,
  b: 8,
  f: 12,
  v: 11,
  '\\': 92,
  "'": 39,
  '"': 34,
  '?': 63,
}

function pushCodePoint(bytes: number[], code: number): void {
  if (code < 0x80) bytes.push(code)
  else if (code < 0x800) bytes.push(0xc0 | (code >> 6), 0x80 | (code & 63))
  else if (code < 0x10000) bytes.push(0xe0 | (code >> 12), 0x80 | ((code >> 6) & 63), 0x80 | (code & 63))
  else bytes.push(0xf0 | (code >> 18), 0x80 | ((code >> 12) & 63), 0x80 | ((code >> 6) & 63), 0x80 | (code & 63))
}

/** `net.prototxt:12:3`. */
export function place(name: string, { line, column }: Position): string {
  return `${name}:${line}:${column}`
}
