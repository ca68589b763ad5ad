import type { KernelNode, ValueId, ValueInfo } from '../graph/kernel-graph.js'

/** The values and kernels of a graph that is being built, and how to add those that cut and join maps along an axis. */
export class GrowingGraph {
  readonly values: ValueInfo[]
  readonly nodes: KernelNode[] = []

  /** Begins with the values of another graph. */
  constructor(values: readonly ValueInfo[]) {
    this.values = [...values]
  }

  newValue(info: ValueInfo): ValueId {
    return this.values.push(info) - 1
  }

  /** Parts of a value, given as the first cell and the one behind the last, and further values between them. */
  joined(value: ValueId, axis: number, parts: readonly (ValueId | readonly number[])[]): ValueId {
    const length = this.values[value].shape[axis]
    const values = parts.flatMap((part) => {
      if (typeof part === 'number') return [part]
      const [from, to = length] = part
      return to > from ? [this.slice(value, axis, from, to)] : []
    })
    const sum = values.reduce((cells, each) => cells + this.values[each].shape[axis], 0)
    const inputs = Object.fromEntries(values.map((each, i) => [`${i}`, each]))
    return this.#emit('Concat', inputs, { axis }, this.#resized(value, axis, sum))
  }

  slice(value: ValueId, axis: number, from: number, to: number): ValueId {
    const info = this.#resized(value, axis, to - from)
    const begin = info.shape.map((_, i) => (i === axis ? from : 0))
    return this.#emit('Slice', { x: value }, { begin, size: [...info.shape] }, info)
  }

  repeated(value: ValueId, axis: number, times: number): ValueId {
    const reps = this.values[value].shape.map((_, i) => (i === axis ? times : 1))
    return this.#emit('Tile', { x: value }, { reps }, this.#resized(value, axis, times))
  }

  sum(value: ValueId, axis: number): ValueId {
    return this.#emit('Sum', { x: value }, { axis: [axis], keepDims: true }, this.#resized(value, axis, 1))
  }

  #emit(kernel: string, inputs: KernelNode['inputs'], attributes: KernelNode['attributes'], info: ValueInfo): ValueId {
    const output = this.newValue(info)
    this.nodes.push({ kernel, inputs, attributes, outputs: [output] })
    return output
  }

  #resized(value: ValueId, axis: number, length: number): ValueInfo {
    const { shape, dtype } = this.values[value]
    return { shape: shape.map((own, i) => (i === axis ? length : own)), dtype }
  }
}
