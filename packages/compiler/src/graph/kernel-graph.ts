/** The element types that kernels are recorded for. */
export type ElementType = 'float32' | 'int32' | 'bool'

/** Shape and type of a tensor that flows through a graph. */
export interface ValueInfo {
  readonly shape: readonly number[]
  readonly dtype: ElementType
}

/** Number of a value: its place in `KernelGraph.values`. */
export type ValueId = number

/** What a kernel was called with beside tensors: strides, pads, axes. */
// biome-ignore lint/suspicious/noExplicitAny: every kernel knows the attributes that tfjs gives it.
export type Attributes = any

/** A tfjs kernel as it was called. Optional inputs that were left out are absent. */
export interface KernelNode {
  readonly kernel: string
  /** By name; the members of a list are numbered `'0'`, `'1'`…, as tfjs passes them. */
  readonly inputs: Readonly<Record<string, ValueId>>
  readonly attributes: Readonly<Record<string, unknown>>
  readonly outputs: readonly ValueId[]
  /** Name of the layer that called it, where one did. */
  readonly layer?: string
}

/** Values of a constant: all of them in row-major order, or one for every element. */
export type ConstantData = Float32Array | Int32Array | Uint8Array | { readonly everywhere: number }

/**
 * A value that is handed in: an argument of the traced function, a tensor it reads (a weight), a random mask, or the
 * border of a map that is the same for all arguments.
 */
export interface GraphInput {
  readonly value: ValueId
  readonly kind: 'argument' | 'captured' | 'mask' | 'border'
  readonly name: string
  /** Probability of a zero, for masks. */
  readonly rate?: number
}

/** What a traced function computes, as plain data: kernels in the order in which they ran. */
export interface KernelGraph {
  readonly values: readonly ValueInfo[]
  readonly inputs: readonly GraphInput[]
  readonly constants: readonly { readonly value: ValueId; readonly data: ConstantData }[]
  readonly nodes: readonly KernelNode[]
  readonly outputs: readonly ValueId[]
  /** What the function assigned to variables: name of the captured input, and the value it holds afterwards. */
  readonly assignments: readonly { readonly variable: string; readonly value: ValueId }[]
}

/** All values that a node reads. */
export function inputsOf(node: KernelNode): ValueId[] {
  return Object.values(node.inputs)
}

/** The values that must be there at the end. */
export function resultsOf(graph: KernelGraph): ValueId[] {
  return [...graph.outputs, ...graph.assignments.map(({ value }) => value)]
}

/** How often every value is read, by kernels and as a result; values that nobody reads are absent. */
export function usesIn(graph: KernelGraph): Map<ValueId, number> {
  const uses = new Map<ValueId, number>()
  for (const value of [...resultsOf(graph), ...graph.nodes.flatMap(inputsOf)]) {
    uses.set(value, (uses.get(value) ?? 0) + 1)
  }
  return uses
}

/** Number of elements of a shape. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, 1)
}

/** All values of a constant, written out. */
export function constantValues(
  data: ConstantData,
  { shape, dtype }: ValueInfo,
): Float32Array | Int32Array | Uint8Array {
  if (!('everywhere' in data)) return data
  const size = sizeOf(shape)
  if (dtype === 'float32') return new Float32Array(size).fill(data.everywhere)
  return dtype === 'int32' ? new Int32Array(size).fill(data.everywhere) : new Uint8Array(size).fill(data.everywhere)
}
