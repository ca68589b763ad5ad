import { nearestName, PixelwiseError } from '@pixelwise/masks/shared'
import { type Document, isMap, isPair, isScalar, LineCounter, parseDocument } from 'yaml'
import { counted } from '../output/numbers.js'

type Path = readonly (string | number)[]

/**
 * A configuration file under examination: YAML, or JSON, which is YAML too.
 *
 * Fields are asked for one by one; what is wrong with them is collected, so that a person sees every problem at once,
 * with its line. What is asked for and cannot be had comes as undefined; `finish` then throws `config/invalid`.
 */
export class ConfigFile {
  readonly #name: string
  readonly #document: Document
  readonly #lines: LineCounter
  readonly #problems: { readonly line: number; readonly text: string }[] = []

  constructor(text: string, name: string) {
    this.#name = name
    this.#lines = new LineCounter()
    this.#document = parseDocument(text, { lineCounter: this.#lines, prettyErrors: false })
    for (const { message, pos } of this.#document.errors) {
      this.#problems.push({ line: this.#lines.linePos(pos[0]).line, text: message })
    }
  }

  /** The whole file. */
  get root(): Field {
    return new Field(this, [], this.#document.errors.length > 0 ? undefined : this.#document.toJS())
  }

  /** Notes a problem with the field at a path, on its line or that of what it should be in. */
  problem(path: Path, what: string): void {
    if (this.#document.errors.length > 0) return // what cannot be read lacks everything
    this.#problems.push({ line: this.#lineOf(path), text: what })
  }

  /** Throws `config/invalid` with every problem, in the order of lines. */
  finish(): void {
    if (this.#problems.length === 0) return
    const sorted = [...this.#problems].sort((a, b) => a.line - b.line)
    const list = sorted.map(({ line, text }) => `\n  line ${line}: ${text}`).join('')
    throw new PixelwiseError('config/invalid', {
      what: `${this.#name} has ${counted(sorted.length, 'problem')}`,
      rule: 'a configuration is YAML or JSON, with settings that are known and fit',
      next: `begin with the commented example of "pixelwise init", or mend these lines:${list}`,
    })
  }

  #lineOf(path: Path): number {
    for (let depth = path.length; depth > 0; depth--) {
      const parent = this.#document.getIn(path.slice(0, depth - 1), true)
      const key = path[depth - 1]
      const pair = isMap(parent) ? parent.items.find((item) => isPair(item) && keyOf(item.key) === key) : undefined
      const node = pair?.key ?? this.#document.getIn(path.slice(0, depth), true)
      const range = (node as { range?: readonly number[] | null } | undefined)?.range // nodes of a parsed file have one
      if (range != null) return this.#lines.linePos(range[0]).line
    }
    return 1
  }
}

function keyOf(key: unknown): unknown {
  return isScalar(key) ? key.value : key
}

/** What a number must be like. */
export interface NumberRule {
  readonly least?: number
  readonly above?: number
  readonly below?: number
  readonly most?: number
  readonly whole?: boolean
}

/** One value of a configuration file, or its absence. Every reader returns undefined where it has noted a problem. */
export class Field {
  readonly #file: ConfigFile
  readonly #path: Path
  readonly value: unknown

  constructor(file: ConfigFile, path: Path, value: unknown) {
    this.#file = file
    this.#path = path
    this.value = value
  }

  get isSet(): boolean {
    return this.value !== undefined && this.value !== null
  }

  /** `solver.momentum`, for messages. */
  get name(): string {
    return this.#path.map((key, i) => (typeof key === 'number' ? `[${key}]` : `${i === 0 ? '' : '.'}${key}`)).join('')
  }

  /** The field of that key; absent where this is no mapping. */
  get(key: string | number): Field {
    const value = typeof this.value === 'object' && this.value !== null ? Reflect.get(this.value, key) : undefined
    return new Field(this.#file, [...this.#path, key], value)
  }

  /** Notes that the value is not what is expected. */
  wrong(expected: string): undefined {
    const text = typeof this.value === 'number' ? String(this.value) : JSON.stringify(this.value) // NaN is null in JSON
    const found = this.isSet ? shortened(text) : 'missing'
    this.#file.problem(this.#path, `${this.name === '' ? 'the file' : this.name} is ${found}, expected ${expected}`)
    return undefined
  }

  /** Checks that this is a mapping without other keys than these, and returns it; undefined where it is absent. */
  mapping(known: readonly string[]): Field | undefined {
    if (!this.isSet) return undefined
    if (typeof this.value !== 'object' || Array.isArray(this.value)) return this.wrong('a mapping of names to values')
    for (const key of Object.keys(this.value ?? {})) {
      if (known.includes(key)) continue
      const near = nearestName(key, known)
      const hint = near === undefined ? `known: ${known.join(', ')}` : `did you mean "${near}"?`
      this.#file.problem([...this.#path, key], `${this.get(key).name} is unknown; ${hint}`)
    }
    return this
  }

  number(rule: NumberRule = {}): number | undefined {
    if (!this.isSet) return undefined
    const { value } = this
    const { least, above, below, most, whole } = rule
    const fits =
      typeof value === 'number' &&
      Number.isFinite(value) &&
      (least === undefined || value >= least) &&
      (above === undefined || value > above) &&
      (below === undefined || value < below) &&
      (most === undefined || value <= most) &&
      (!whole || Number.isInteger(value))
    return fits ? value : this.wrong(describeRule(rule))
  }

  flag(): boolean | undefined {
    if (!this.isSet) return undefined
    return typeof this.value === 'boolean' ? this.value : this.wrong('true or false')
  }

  text(expected = 'a text'): string | undefined {
    if (!this.isSet) return undefined
    return typeof this.value === 'string' && this.value !== '' ? this.value : this.wrong(expected)
  }

  choice<Name extends string>(names: readonly Name[]): Name | undefined {
    if (!this.isSet) return undefined
    const found = names.find((name) => name === this.value)
    if (found !== undefined) return found
    const near = typeof this.value === 'string' ? nearestName(this.value, names) : undefined
    return this.wrong(`one of ${names.join(', ')}${near === undefined ? '' : `; did you mean "${near}"?`}`)
  }

  /** Each item, read by a function; items with problems are left out. */
  list<T>(read: (item: Field) => T | undefined): T[] | undefined {
    if (!this.isSet) return undefined
    if (!Array.isArray(this.value)) return this.wrong('a list')
    return this.value.flatMap((_, i) => read(this.get(i)) ?? [])
  }

  /** Reads, and notes a problem where the field is absent. */
  required<T>(read: (field: Field) => T | undefined, expected: string): T | undefined {
    return this.isSet ? read(this) : this.wrong(expected)
  }
}

function describeRule({ least, above, below, most, whole }: NumberRule): string {
  const bounds = [
    least === undefined ? [] : `at least ${least}`,
    above === undefined ? [] : `above ${above}`,
    below === undefined ? [] : `below ${below}`,
    most === undefined ? [] : `at most ${most}`,
  ].flat()
  return [whole ? 'a whole number' : 'a number', bounds.join(' and ')].filter((part) => part !== '').join(', ')
}

function shortened(text: string): string {
  return text.length > 60 ? `${text.slice(0, 57)}...` : text
}
