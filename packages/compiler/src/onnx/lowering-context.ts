import { PixelwiseError } from '@pixelwise/masks/shared'
import type { Attributes, KernelNode, ValueId, ValueInfo } from '../graph/kernel-graph.js'
import type { Layout, OnnxBuilder } from './onnx-builder.js'
import type { OnnxAttribute } from './onnx-graph.js'

/** How to choose among equal ways to compute a convolution. */
export type ConvolutionChoice = 'auto' | 'direct' | 'winograd'

/** What is the same for all kernels of a graph. */
export interface LoweringSettings {
  readonly convolution: ConvolutionChoice
  /** Forms chosen so far, by the position of the kernel in its graph. */
  readonly choices: Map<number, string>
  /** Whether the nodes must be the same at every size of inputs. */
  readonly freeSizes: boolean
  /** Whether only operators may be used that every reader of ONNX files knows, also where others are faster. */
  readonly portable: boolean
  /** Whether maps in tfjs's order may be enlarged. */
  readonly channelsLast: boolean
  /** Whether a value is the same in every run. */
  isConstant(value: ValueId): boolean
  /** Whether a value is handed out, in tfjs's order of axes. */
  isResult(value: ValueId): boolean
}

/** What a lowering sees: one kernel, the names of its inputs in ONNX, and the means to add nodes. */
export class LoweringContext {
  readonly node: KernelNode
  readonly builder: OnnxBuilder
  readonly #settings: LoweringSettings
  readonly #position: number

  constructor(node: KernelNode, builder: OnnxBuilder, settings: LoweringSettings, position: number) {
    this.node = node
    this.builder = builder
    this.#settings = settings
    this.#position = position
  }

  /** Whether the nodes must be the same at every size of inputs; then only lists of whole numbers may tell the size. */
  get freeSizes(): boolean {
    return this.#settings.freeSizes
  }

  /** Whether an input is the same in every run: a constant, or a weight inside of the file. */
  isConstant(input: string): boolean {
    return this.#settings.isConstant(this.node.inputs[input])
  }

  /** Whether only operators may be used that every reader of ONNX files knows, also where others are faster. */
  get portable(): boolean {
    return this.#settings.portable
  }

  /** Whether maps in tfjs's order may be enlarged. */
  get channelsLast(): boolean {
    return this.#settings.channelsLast
  }

  /** Whether the kernel's output is handed out, in tfjs's order of axes. */
  get isResult(): boolean {
    return this.#settings.isResult(this.node.outputs[0])
  }

  /** The numbers of an input, row by row, where it is a constant of the graph. */
  constantValues(input: string): ArrayLike<number> | undefined {
    return this.builder.constantValues(this.node.inputs[input])
  }

  /**
   * The cheapest of several ways to compute the same, by their costs. Ways named "winograd" round differently: they are
   * left out where the user asked for direct convolution, and taken wherever there is one where the user asked for them.
   * What was chosen at another size of the same graph is chosen again.
   */
  choose<T extends string>(costs: Readonly<Partial<Record<T, number>>>): T {
    const { choices, convolution } = this.#settings
    // The keys of a record are what its type says.
    const ways = Object.entries(costs) as [T, number][]
    const earlier = ways.find(([way]) => way === choices.get(this.#position))
    if (earlier !== undefined) return earlier[0]
    const wanted = ways.filter(
      ([way]) => convolution === 'auto' || (way === 'winograd') === (convolution === 'winograd'),
    )
    const [[best]] = (wanted.length > 0 ? wanted : ways).sort(([, a], [, b]) => a - b)
    choices.set(this.#position, best)
    return best
  }

  /** The attributes of the kernel, as tfjs passed them. */
  get attributes(): Attributes {
    return this.node.attributes
  }

  /** Whether the kernel was given this input. */
  has(input: string): boolean {
    return this.node.inputs[input] !== undefined
  }

  /** Shape and type of an input, as tfjs has it. */
  info(input: string): ValueInfo {
    return this.builder.infoOf(this.node.inputs[input])
  }

  /** Shape and type of an output, as tfjs has it. */
  output(index = 0): ValueInfo {
    return this.builder.infoOf(this.node.outputs[index])
  }

  /** Name of an input in the layout asked for; a transpose is added where it exists only in the other. */
  read(input: string, layout: Layout = 'nhwc'): string {
    return this.builder.read(this.node.inputs[input], layout)
  }

  /** `nchw` when one of the inputs exists only so: going on in it saves a transpose. */
  preferredLayout(inputs: readonly string[] = Object.keys(this.node.inputs)): Layout {
    const maps = inputs.filter((input) => this.info(input).shape.length === 4)
    return maps.some((input) => this.builder.isOnly(this.node.inputs[input], 'nchw')) ? 'nchw' : 'nhwc'
  }

  /** Adds a node with one output and returns the output's name. */
  emit(operator: string, inputs: readonly string[], attributes: Readonly<Record<string, OnnxAttribute>> = {}): string {
    return this.emitMany(operator, inputs, 1, attributes)[0]
  }

  /** Adds a node and returns the names of its outputs. */
  emitMany(
    operator: string,
    inputs: readonly string[],
    outputs: number,
    attributes: Readonly<Record<string, OnnxAttribute>> = {},
  ): string[] {
    return this.builder.emit(this.node.layer ?? this.node.kernel, operator, inputs, outputs, attributes)
  }

  /** A list of whole numbers as an int64 constant, `[n]`. */
  integers(values: readonly number[]): string {
    return this.builder.integers(values)
  }

  /** A float32 or int32 constant; a scalar unless a shape is given. */
  constant(
    values: readonly number[] | Float32Array,
    { shape, dtype }: ValueInfo = { shape: [], dtype: 'float32' },
  ): string {
    return this.builder.constant(values, { shape, dtype })
  }

  /** A value in another shape. */
  reshape(value: string, shape: readonly number[]): string {
    return this.emit('Reshape', [value, this.integers(shape)])
  }

  /** A value with its axes in another order: axis `perm[i]` becomes axis i. */
  transpose(value: string, perm: readonly number[]): string {
    return this.emit('Transpose', [value], { perm })
  }

  /** Names what the kernel's output is called from now on, and in which layout it is. */
  set(name: string, layout: Layout = 'nhwc', index = 0): void {
    this.builder.define(this.node.outputs[index], name, layout)
  }

  /** Throws `compiler/no-lowering` for a variant of this kernel that has no lowering. */
  refuse(variant: string): never {
    throw noLowering(this.node, variant)
  }
}

/** The error for a kernel, or a variant of one, that cannot be expressed in ONNX yet. */
export function noLowering({ kernel, layer }: KernelNode, variant?: string): PixelwiseError {
  const by = layer === undefined ? '' : `, used by layer "${layer}",`
  return new PixelwiseError('compiler/no-lowering', {
    what: `the tfjs kernel "${kernel}"${variant === undefined ? '' : ` with ${variant}`}${by} cannot be compiled`,
    rule: 'every kernel needs a lowering to ONNX',
    next: 'run this net eagerly, or register a kernel definition that has one',
  })
}
