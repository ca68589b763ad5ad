import type { OnnxNode, OnnxTensor } from '../onnx/onnx-graph.js'
import { uniqueName } from '../onnx/unique-name.js'
import type { Length, SizeExpression } from './size-expression.js'

/** Adds the nodes that compute sizes: each length and each number once. */
export class SizeWriter {
  readonly constants: OnnxTensor[] = []
  readonly #nodes: OnnxNode[]
  readonly #taken: Set<string>
  readonly #names = new Map<string, string>()

  /** Appends to `nodes`; `taken` are the names of all values of the graph. */
  constructor(nodes: OnnxNode[], taken: Set<string>) {
    this.#nodes = nodes
    this.#taken = taken
  }

  /** Name of an int64 vector of these numbers. */
  list(elements: readonly SizeExpression[]): string {
    const parts = elements.map((element) => this.#expression(element))
    return parts.length === 1 ? parts[0] : this.#once('Concat', parts, { axis: 0 })
  }

  #expression({ terms, plus, divisor }: SizeExpression): string {
    const products = terms.map(({ factor, lengths }) => {
      const all = lengths.map((length) => this.#length(length))
      return (factor === 1 ? all : [...all, this.#number(factor)]).reduce((a, b) => this.#once('Mul', [a, b]))
    })
    const parts = plus === 0 && products.length > 0 ? products : [...products, this.#number(plus)]
    const sum = parts.reduce((a, b) => this.#once('Add', [a, b]))
    return divisor === 1 ? sum : this.#once('Div', [sum, this.#number(divisor)])
  }

  #length({ value, axis }: Length): string {
    return this.#once('Shape', [value], { start: axis, end: axis + 1 })
  }

  #number(value: number): string {
    return this.#named(`${value}`, `size/${value}`, (name) => {
      this.constants.push({ name, shape: [1], type: 'int64', data: BigInt64Array.of(BigInt(value)) })
    })
  }

  #once(operator: string, inputs: readonly string[], attributes: Record<string, number> = {}): string {
    const key = JSON.stringify([operator, inputs, attributes])
    return this.#named(key, `size/${operator}_${this.#names.size}`, (name) => {
      this.#nodes.push({ operator, name, inputs, outputs: [name], attributes })
    })
  }

  #named(key: string, wanted: string, add: (name: string) => void): string {
    const known = this.#names.get(key)
    if (known !== undefined) return known
    const name = uniqueName(wanted, this.#taken)
    this.#names.set(key, name)
    add(name)
    return name
  }
}
