import type { Position } from './tokens.js'

/** A value in a text file and where it stands. */
export interface Entry {
  readonly value: FieldValue
  readonly at: Position
}

/** Numbers, flags, texts and names of enum values; or a message. */
export type FieldValue = number | boolean | string | Message

/**
 * A message of a Caffe text file: its fields in order, each with its values and positions.
 *
 * The accessors give the last value of a single field, as protobuf does, and all values of a repeated one. The parser
 * has checked names and types against the schema, so that asking for a field with the wrong accessor is a mistake of the
 * caller, not of the file.
 */
export class Message {
  /** The schema's name of this kind of message, such as `LayerParameter`. */
  readonly type: string
  readonly at: Position
  readonly fields: ReadonlyMap<string, readonly Entry[]>

  constructor(type: string, at: Position, fields: Iterable<readonly [string, readonly Entry[]]> = []) {
    this.type = type
    this.at = at
    this.fields = new Map(fields)
  }

  /** Whether the file gives the field at all. */
  has(name: string): boolean {
    return this.fields.has(name)
  }

  /** The number in a field, or undefined. */
  number(name: string): number | undefined
  /** The number in a field, or its default. */
  number(name: string, otherwise: number): number
  number(name: string, otherwise?: number): number | undefined {
    const value = this.#last(name)
    return typeof value === 'number' ? value : otherwise
  }

  /** The numbers of a repeated field. */
  numbers(name: string): number[] {
    return this.#all(name).filter((value) => typeof value === 'number')
  }

  /** The truth value in a field, or its default. */
  flag(name: string, otherwise: boolean): boolean {
    const value = this.#last(name)
    return typeof value === 'boolean' ? value : otherwise
  }

  /** The text in a field, or undefined. */
  text(name: string): string | undefined
  /** The text in a field, or its default; enum values are their names. */
  text(name: string, otherwise: string): string
  text(name: string, otherwise?: string): string | undefined {
    const value = this.#last(name)
    return typeof value === 'string' ? value : otherwise
  }

  /** The texts of a repeated field. */
  texts(name: string): string[] {
    return this.#all(name).filter((value) => typeof value === 'string')
  }

  /** The message in a field, or undefined. */
  message(name: string): Message | undefined {
    const value = this.#last(name)
    return value instanceof Message ? value : undefined
  }

  /** The message in a field; an empty one where the file leaves it out, so that all its fields have their defaults. */
  messageOrEmpty(name: string): Message {
    return this.message(name) ?? new Message('', this.at)
  }

  /** The messages of a repeated field. */
  messages(name: string): Message[] {
    return this.#all(name).filter((value) => value instanceof Message)
  }

  /** A copy with some fields replaced; undefined or no values remove one. */
  with(changes: Readonly<Record<string, FieldValue | readonly FieldValue[] | undefined>>): Message {
    const fields = new Map(this.fields)
    for (const [name, value] of Object.entries(changes)) {
      const values = value === undefined ? [] : isList(value) ? value : [value]
      const at = this.fields.get(name)?.[0]?.at ?? this.at
      fields.delete(name)
      if (values.length > 0)
        fields.set(
          name,
          values.map((one) => ({ value: one, at })),
        )
    }
    return new Message(this.type, this.at, fields)
  }

  #last(name: string): FieldValue | undefined {
    return this.fields.get(name)?.at(-1)?.value
  }

  #all(name: string): FieldValue[] {
    return (this.fields.get(name) ?? []).map(({ value }) => value)
  }
}

/** A message with the given fields that stands nowhere in a file but was made from something at `at`. */
export function makeMessage(
  type: string,
  at: Position,
  fields: Readonly<Record<string, FieldValue | readonly FieldValue[] | undefined>>,
): Message {
  return new Message(type, at).with(fields)
}

function isList(value: FieldValue | readonly FieldValue[]): value is readonly FieldValue[] {
  return Array.isArray(value)
}
