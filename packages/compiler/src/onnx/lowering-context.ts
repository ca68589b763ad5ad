import { PixelwiseError } from '@pixelwise/masks/shared'
import type { Attributes, KernelNode, ValueInfo } from '../graph/kernel-graph.js'
import type { Layout, OnnxBuilder } from './onnx-builder.js'
import type { OnnxAttribute } from './onnx-graph.js'

/** What a lowering sees: one kernel, the names of its inputs in ONNX, and the means to add nodes. */
export class LoweringContext {
  readonly node: KernelNode
  readonly builder: OnnxBuilder

  constructor(node: KernelNode, builder: OnnxBuilder) {
    this.node = node
    this.builder = builder
  }

  get attributes(): Attributes {
    return this.node.attributes
  }

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

  reshape(value: string, shape: readonly number[]): string {
    return this.emit('Reshape', [value, this.integers(shape)])
  }

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
