import { nearestName, type PixelwiseError } from '@pixelwise/masks/shared'
import { shortName } from '../names.js'
import { type Entry, type FieldValue, Message } from './message.js'
import { enums, type FieldType, fieldsOf } from './schema.js'
import { type Position, type Token, Tokenizer } from './tokens.js'

/**
 * Parses a Caffe text file: protobuf's text format, checked against Caffe's messages and those of the segmentation
 * forks.
 *
 * Lists may be written `dim: [1, 3]` or by repetition, messages `name { … }`, `name: { … }` or `name < … >`, and fields
 * may end with `,` or `;`. An unknown field is an error, except a message in a layer whose name ends in `_param`: it may
 * belong to a layer type that a translator is given for, and is kept as it stands.
 *
 * `name` is what errors call the file. Throws `prototxt/syntax` with file, line and column.
 */
export function parsePrototxt(text: string, message: 'NetParameter' | 'SolverParameter', name: string): Message {
  return new Parser(text, name).parse(message)
}

/** Fields of layers whose type of message is not known to the schema. */
export const foreignMessage = 'foreign'

class Parser {
  readonly #tokens: Tokenizer
  #token: Token
  #depth = 0

  constructor(text: string, name: string) {
    this.#tokens = new Tokenizer(text, name)
    this.#token = this.#tokens.next()
  }

  parse(message: string): Message {
    const start = this.#token.at
    const fields = this.#fields(message, 'end')
    return new Message(message, start, fields)
  }

  #fields(message: string, closing: string): Map<string, Entry[]> {
    const fields = new Map<string, Entry[]>()
    for (;;) {
      const { kind, text, at } = this.#token
      if (closing === 'end' ? kind === 'end' : kind === 'symbol' && text === closing) return fields
      if (kind === 'symbol' && (text === ',' || text === ';')) {
        this.#advance()
        continue
      }
      if (kind !== 'word') {
        const rule = closing === 'end' ? 'expected a field name' : `expected a field name or "${closing}"`
        throw this.#error(at, `found ${describe(this.#token)}`, rule)
      }
      const type = this.#fieldType(message, text, at)
      this.#advance()
      const entries = fields.get(text) ?? []
      for (const entry of this.#values(text, type)) entries.push(entry)
      fields.set(text, entries)
    }
  }

  #fieldType(message: string, name: string, at: Position): FieldType {
    if (message === foreignMessage) return { type: foreignMessage, repeated: true }
    const fields = fieldsOf(message)
    const type = fields?.get(name)
    if (type !== undefined) return type
    if (/^(V1)?LayerParameter$/.test(message) && name.endsWith('_param')) {
      return { type: foreignMessage, repeated: false }
    }
    const near = name.length < 80 ? nearestName(name, fields?.keys() ?? []) : undefined
    throw this.#error(
      at,
      `unknown field "${shortName(name)}"`,
      `it is no field of ${message}`,
      near === undefined ? 'remove it' : `did you mean "${near}"?`,
    )
  }

  /** One value, or several in brackets. */
  #values(name: string, type: FieldType): Entry[] {
    const hasColon = this.#accept(':')
    if (!this.#is('[')) return [this.#value(name, type, hasColon)]
    const { at } = this.#token
    if (!type.repeated) throw this.#error(at, `a list for ${name}`, `${name} takes a single value`)
    this.#advance()
    const entries: Entry[] = []
    while (!this.#is(']')) {
      entries.push(this.#value(name, type, true))
      if (!this.#accept(',') && !this.#is(']')) {
        throw this.#error(this.#token.at, `found ${describe(this.#token)}`, 'expected "," or "]"')
      }
    }
    this.#advance()
    return entries
  }

  #value(name: string, { type }: FieldType, hasColon: boolean): Entry {
    const { at } = this.#token
    const isMessage = fieldsOf(type) !== undefined
    if (this.#is('{') || this.#is('<')) {
      if (!isMessage && type !== foreignMessage) throw this.#error(at, `a message for ${name}`, `${name} is a ${type}`)
      return { value: this.#message(type, at), at }
    }
    if (isMessage) throw this.#error(at, `found ${describe(this.#token)}`, `${name} is a message: expected "{"`)
    if (!hasColon) throw this.#error(at, `found ${describe(this.#token)}`, `expected ":" after ${name}`)
    return { value: this.#scalar(name, type), at }
  }

  #message(type: string, at: Position): Message {
    if (++this.#depth > deepest) throw this.#error(at, 'messages within messages', `at most ${deepest} levels`)
    const closing = this.#token.text === '{' ? '}' : '>'
    this.#advance()
    const fields = this.#fields(type, closing)
    this.#advance()
    this.#depth--
    return new Message(type, at, fields)
  }

  #scalar(name: string, type: string): FieldValue {
    const token = this.#token
    this.#advance()
    if (token.kind === 'text') {
      let { text } = token
      for (; this.#token.kind === 'text'; this.#advance()) text += this.#token.text
      if (type === 'string' || type === foreignMessage) return text
    } else if (token.kind === 'number') {
      const value = numberOf(token.text)
      if (type === 'float' || type === foreignMessage) return value
      if (Object.hasOwn(enums, type) && Number.isInteger(value) && enums[type][value]) return enums[type][value]
      if (type === 'bool' && (value === 0 || value === 1)) return value === 1
      const range = ranges[type]
      if (range !== undefined && Number.isInteger(value) && value >= range[0] && value <= range[1]) return value
    } else if (token.kind === 'word') {
      if (type === 'bool' && /^(true|t|True)$/.test(token.text)) return true
      if (type === 'bool' && /^(false|f|False)$/.test(token.text)) return false
      if (Object.hasOwn(enums, type) && enums[type].includes(token.text)) return token.text
      if (type === 'float' && /^(inf|infinity|nan)$/i.test(token.text)) return numberOf(token.text)
      if (type === foreignMessage) return /^(true|false)$/.test(token.text) ? token.text === 'true' : token.text
    }
    throw this.#scalarError(name, type, token)
  }

  #scalarError(name: string, type: string, token: Token): PixelwiseError {
    const what = `${name} is ${describe(token)}`
    if (!Object.hasOwn(enums, type)) return this.#error(token.at, what, `expected ${expectations[type] ?? type}`)
    const known = enums[type].filter((value) => value !== '')
    const near = token.text.length < 80 ? nearestName(token.text, known) : undefined
    const next = near === undefined ? 'choose one of these' : `did you mean ${near}?`
    return this.#error(token.at, what, `known: ${known.join(', ')}`, next)
  }

  #is(symbol: string): boolean {
    return this.#token.kind === 'symbol' && this.#token.text === symbol
  }

  #accept(symbol: string): boolean {
    const there = this.#is(symbol)
    if (there) this.#advance()
    return there
  }

  #advance(): void {
    this.#token = this.#tokens.next()
  }

  #error(at: Position, what: string, rule: string, next?: string): PixelwiseError {
    return this.#tokens.error(at, what, rule, next)
  }
}

/** Levels of messages within messages, as in protobuf. */
const deepest = 100

const ranges: Readonly<Record<string, readonly [number, number]>> = {
  int32: [-(2 ** 31), 2 ** 31 - 1],
  uint32: [0, 2 ** 32 - 1],
  int64: [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
}

const expectations: Readonly<Record<string, string>> = {
  int32: 'a whole number',
  uint32: 'a whole number of zero or more',
  int64: 'a whole number',
  float: 'a number',
  bool: 'true or false',
  string: 'a text in quotes',
}

function numberOf(text: string): number {
  const sign = text.startsWith('-') ? -1 : 1
  const digits = text.replace(/^[-+]/, '')
  if (/^inf/i.test(digits)) return sign * Number.POSITIVE_INFINITY
  if (/^nan$/i.test(digits)) return Number.NaN
  if (/^0x/i.test(digits)) return sign * Number(digits)
  if (/^0[0-7]+$/.test(digits)) return sign * Number.parseInt(digits, 8)
  return sign * Number(digits.replace(/f$/i, ''))
}

function describe({ kind, text }: Token): string {
  if (kind === 'end') return 'the end of the file'
  return kind === 'text' ? JSON.stringify(shortName(text)) : `"${shortName(text)}"`
}
