import { type KernelGraph, type KernelNode, sizeOf, usesIn, type ValueId } from './kernel-graph.js'

/**
 * Gathers upsampling by phases in one kernel, the transposed depthwise convolution that it is, and with it the crop that
 * alone reads it.
 *
 * Core's `bilinearUpsample` sums shifted and weighted copies of the rows, then of the columns, because the kernels for
 * that have gradients on every backend; compiled it would write each of these copies.
 */
export function fuseUpsampling(graph: KernelGraph): KernelGraph {
  const reader = new Reader(graph)
  const values = [...graph.values]
  const constants = [...graph.constants]
  const upsampled = new Map<ValueId, KernelNode>()
  const nodes = graph.nodes.map((node) => {
    const found = reader.upsampling(node)
    if (found !== undefined) {
      const { x, factor, rows, columns } = found
      const [, height, width, channels] = graph.values[node.outputs[0]].shape
      const shape = [rows.length, columns.length, channels, 1]
      const filter = values.push({ shape, dtype: 'float32' }) - 1
      constants.push({ value: filter, data: outerProduct(rows, columns, channels) })
      const fused = transposed(node, x, filter, factor, {
        shape: [...graph.values[node.outputs[0]].shape],
        before: [0, 0],
        full: [height, width],
      })
      upsampled.set(node.outputs[0], fused)
      return fused
    }
    const whole = upsampled.get(node.inputs.x)
    if (whole === undefined || reader.uses(node.inputs.x) !== 1 || !reader.isCrop(node)) return node
    const [, top, left] = node.attributes.begin as number[]
    const [, height, width] = graph.values[node.inputs.x].shape
    return transposed(node, whole.inputs.dy, whole.inputs.filter, (whole.attributes.strides as number[])[0], {
      shape: [...graph.values[node.outputs[0]].shape],
      before: [top, left],
      full: [height, width],
    })
  })
  return { ...graph, values, constants, nodes } // what is gathered is dead code now
}

/** tfjs's kernel for it: the gradient of a depthwise convolution, padded by what is cropped, for an input of that size. */
function transposed(
  node: KernelNode,
  dy: ValueId,
  filter: ValueId,
  factor: number,
  { shape, before, full }: { readonly shape: number[]; readonly before: number[]; readonly full: number[] },
): KernelNode {
  const sides = before.map((cells, axis) => [cells, full[axis] - cells - shape[axis + 1]])
  return {
    ...node,
    kernel: 'DepthwiseConv2dNativeBackpropInput',
    inputs: { dy, filter },
    attributes: {
      strides: [factor, factor],
      dilations: [1, 1],
      pad: [[0, 0], ...sides, [0, 0]],
      dimRoundingMode: 'floor',
      inputShape: shape,
    },
  }
}

/** Upsampling along one axis: `[B, L, 1, M]` → `[B, factor·(L − 1) + weights, M]`. */
interface Phases {
  readonly input: ValueId
  readonly factor: number
  readonly weights: Float32Array
}

/** Recognises the kernels that upsampling consists of. */
class Reader {
  readonly #graph: KernelGraph
  readonly #producers = new Map<ValueId, KernelNode>()
  readonly #constants: ReadonlyMap<ValueId, unknown>
  readonly #uses: ReadonlyMap<ValueId, number>

  constructor(graph: KernelGraph) {
    this.#graph = graph
    for (const node of graph.nodes) for (const output of node.outputs) this.#producers.set(output, node)
    this.#constants = new Map(graph.constants.map(({ value, data }) => [value, data]))
    this.#uses = usesIn(graph)
  }

  uses(value: ValueId): number {
    return this.#uses.get(value) ?? 0
  }

  /** A Slice of rows and columns alone. */
  isCrop({ kernel, inputs, attributes, outputs }: KernelNode): boolean {
    if (kernel !== 'Slice') return false
    const [from, to] = [this.#shape(inputs.x), this.#shape(outputs[0])]
    const begin = attributes.begin as number[]
    return from[0] === to[0] && from[3] === to[3] && begin[0] === 0 && begin[3] === 0
  }

  /** Rows, then columns, by one factor: the last kernel gives the result its shape, `[N, h, w, C]`. */
  upsampling(node: KernelNode): { x: ValueId; factor: number; rows: Float32Array; columns: Float32Array } | undefined {
    if (node.kernel !== 'Reshape' || this.#shape(node.outputs[0]).length !== 4) return undefined
    const columns = this.#phases(node.inputs.x)
    if (columns === undefined) return undefined
    const tall = this.#producer(columns.input, 'Reshape')?.inputs.x
    const rows = tall === undefined ? undefined : this.#phases(tall)
    const x = rows === undefined ? undefined : this.#producer(rows.input, 'Reshape')?.inputs.x
    if (rows === undefined || x === undefined || rows.factor !== columns.factor) return undefined
    const shape = this.#shape(x)
    if (shape.length !== 4) return undefined
    const [batch, height, width, channels] = shape
    const { factor } = rows
    const [h, w] = [factor * (height - 1) + rows.weights.length, factor * (width - 1) + columns.weights.length]
    const fits =
      `${this.#shape(rows.input)}` === `${[batch, height, 1, width * channels]}` &&
      `${this.#shape(columns.input)}` === `${[batch * h, width, 1, channels]}` &&
      `${this.#shape(node.outputs[0])}` === `${[batch, h, w, channels]}`
    return fits ? { x, factor, rows: rows.weights, columns: columns.weights } : undefined
  }

  #phases(value: ValueId): Phases | undefined {
    const cut = this.#producer(value, 'Slice')
    const interleaved = cut && this.#producer(cut.inputs.x, 'Reshape')
    if (cut === undefined || interleaved === undefined) return undefined
    const sums = this.#terms(interleaved.inputs.x)
    const terms = sums.map((term) => this.#term(term, sums.length))
    const [first] = terms
    if (first === undefined) return undefined
    const { input, phase } = first
    const factor = phase.length
    const weights = new Float32Array(terms.length * factor)
    for (const term of terms) {
      if (term?.input !== input || term.phase.length !== factor) return undefined
      weights.set(term.phase, term.tap * factor)
    }
    const [batch, length, , inner] = this.#shape(input)
    const [, upsampled] = this.#shape(value)
    const size = upsampled - factor * (length - 1)
    const fits =
      new Set(terms.map((term) => term?.tap)).size === terms.length &&
      (cut.attributes.begin as number[]).every((cell) => cell === 0) &&
      `${this.#shape(interleaved.outputs[0])}` === `${[batch, (length + terms.length - 1) * factor, inner]}` &&
      `${this.#shape(value)}` === `${[batch, upsampled, inner]}` &&
      weights.subarray(size).every((weight) => weight === 0)
    return fits ? { input, factor, weights: weights.slice(0, size) } : undefined
  }

  /** What a chain of additions adds up. */
  #terms(sum: ValueId): ValueId[] {
    const node = this.#producer(sum, 'Add')
    return node === undefined ? [sum] : [...this.#terms(node.inputs.a), ...this.#terms(node.inputs.b)]
  }

  /** One tap: the cells moved by it, times a weight for each phase. */
  #term(value: ValueId, taps: number): { input: ValueId; tap: number; phase: Float32Array } | undefined {
    const product = this.#producer(value, 'Multiply')
    const moved = product && this.#producer(product.inputs.a, 'Slice')
    const padded = moved && this.#producer(moved.inputs.x, 'PadV2')
    const phase = product && this.#constants.get(product.inputs.b)
    if (product === undefined || moved === undefined || padded === undefined || !(phase instanceof Float32Array))
      return undefined
    const [first, shift, ...others] = moved.attributes.begin as number[]
    const [batch, length, ...rest] = this.#shape(padded.inputs.x)
    const fits =
      `${this.#shape(product.inputs.b)}` === `${[1, 1, phase.length, 1]}` &&
      `${padded.attributes.paddings}` === `${[0, 0, taps - 1, taps - 1, 0, 0, 0, 0]}` &&
      padded.attributes.constantValue === 0 &&
      [first, ...others].every((cell) => cell === 0) &&
      `${this.#shape(moved.outputs[0])}` === `${[batch, length + taps - 1, ...rest]}`
    return fits ? { input: padded.inputs.x, tap: taps - 1 - shift, phase } : undefined
  }

  #producer(value: ValueId, kernel: string): KernelNode | undefined {
    const node = this.#producers.get(value)
    return node?.kernel === kernel ? node : undefined
  }

  #shape(value: ValueId): readonly number[] {
    return this.#graph.values[value].shape
  }
}

/** `[rows, columns, channels, 1]`: the same for every channel. */
function outerProduct(rows: Float32Array, columns: Float32Array, channels: number): Float32Array {
  const filter = new Float32Array(sizeOf([rows.length, columns.length, channels]))
  for (const [i, row] of rows.entries()) {
    for (const [j, column] of columns.entries()) {
      const at = (i * columns.length + j) * channels
      filter.fill(row * column, at, at + channels)
    }
  }
  return filter
}
