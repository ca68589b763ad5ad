import { nearestName } from './nearest.js'
import { PixelwiseError } from './pixelwise-error.js'

/**
 * Named things of one kind: layers, backbones, data sets, Caffe layer types, lowerings.
 *
 * A registry is an instance that is built from lists and passed on; importing a package registers nothing.
 * A name can be taken once; adding the very same thing under its name again is harmless.
 *
 * @example
 * const backbones = new Registry<BackbonePlugin>('backbone', [['vgg16', vgg16], ['alexnet', alexnet]])
 * backbones.get('vgg61') // throws: unknown backbone "vgg61": … did you mean "vgg16"?
 */
export class Registry<T> {
  readonly #kind: string
  readonly #entries = new Map<string, T>()

  constructor(kind: string, entries: Iterable<readonly [name: string, value: T]> = []) {
    this.#kind = kind
    for (const [name, value] of entries) this.add(name, value)
  }

  /** Adds one entry and returns the registry. Throws `registry/duplicate` when the name belongs to something else. */
  add(name: string, value: T): this {
    if (this.#entries.has(name) && this.#entries.get(name) !== value) {
      throw new PixelwiseError('registry/duplicate', {
        what: `${this.#kind} "${name}" is registered twice`,
        rule: 'a name stands for one thing',
        next: `give one of the two another name, or build a separate registry`,
      })
    }
    this.#entries.set(name, value)
    return this
  }

  /** Whether the name is known. */
  has(name: string): boolean {
    return this.#entries.has(name)
  }

  /** The entry of that name. Throws `registry/unknown` with the known names and the nearest match. */
  get(name: string): T {
    const found = this.#entries.get(name)
    if (found !== undefined) return found
    const near = nearestName(name, this.#entries.keys())
    throw new PixelwiseError('registry/unknown', {
      what: `unknown ${this.#kind} "${name}"`,
      rule: this.#entries.size === 0 ? 'this registry is empty' : `known: ${this.names().join(', ')}`,
      next: near === undefined ? `add it with add("${name}", …)` : `did you mean "${near}"?`,
    })
  }

  /** All names, sorted. */
  names(): string[] {
    return [...this.#entries.keys()].sort()
  }

  /** All entries in the order they were added. */
  entries(): IterableIterator<[string, T]> {
    return this.#entries.entries()
  }
}
