import type { KernelGraph, ValueId } from '../graph/kernel-graph.js'
import type { FoldableMaps } from './foldable-maps.js'

/** Which values are gradients, and of what. */
export class Gradients {
  readonly #forward: ReadonlySet<ValueId>
  readonly #maps = new Map<ValueId, ValueId>()

  constructor(graph: KernelGraph, { nodes }: FoldableMaps) {
    const values = [...nodes].flatMap(({ outputs }) => outputs)
    this.#forward = new Set([...graph.inputs.map(({ value }) => value), ...values])
    const backward = graph.nodes.filter((node) => !nodes.has(node))
    const paddings = new Map([...nodes].flatMap((node) => (node.kernel === 'PadV2' ? [[node.outputs[0], node]] : [])))
    for (const { kernel, inputs, outputs } of backward) {
      if (kernel === 'MaxPoolGrad') {
        this.#maps.set(inputs.dy, inputs.output)
        this.#maps.set(outputs[0], inputs.input)
      }
      const padding = kernel === 'Slice' ? paddings.get(this.#maps.get(inputs.x) ?? inputs.x) : undefined
      if (padding !== undefined) this.#maps.set(outputs[0], padding.inputs.x)
    }
    // Gradients that are added up belong to the same map.
    const sums = backward.filter(({ kernel }) => kernel === 'Add' || kernel === 'AddN')
    for (const { inputs, outputs } of [...sums, ...[...sums].reverse()]) {
      const values = [...Object.values(inputs), ...outputs]
      const map = values.map((value) => this.#maps.get(value)).find((each) => each !== undefined)
      if (map !== undefined) for (const value of values) this.#maps.set(value, map)
    }
  }

  isForward(value: ValueId): boolean {
    return this.#forward.has(value)
  }

  /** The map that a gradient belongs to, if poolings tell. */
  mapOf(gradient: ValueId): ValueId | undefined {
    return this.#maps.get(gradient)
  }
}
