import { PixelwiseError } from '@pixelwise/masks/shared'
import * as tf from '@tensorflow/tfjs-core'
import {
  type ConstantData,
  type ElementType,
  type GraphInput,
  type KernelGraph,
  type KernelNode,
  sizeOf,
  type ValueId,
  type ValueInfo,
} from '../graph/kernel-graph.js'
import type { InputInfos, KernelRegistry } from '../kernels/kernel-definition.js'

/** More values than this in one constant are taken for data that belongs into an input. */
const largestConstant = 2 ** 22

/** Collects what happens on the tracing backend. */
export class Recorder {
  /** Tensors of other backends that the function read, by the value that stands for them. */
  readonly captured = new Map<ValueId, tf.Tensor>()
  /** Layers that are being applied, the innermost last. */
  readonly layers: string[] = []
  readonly #kernels: KernelRegistry
  readonly #values: ValueInfo[] = []
  readonly #inputs: GraphInput[] = []
  readonly #constants: { value: ValueId; data: ConstantData }[] = []
  readonly #nodes: KernelNode[] = []
  readonly #ids = new WeakMap<object, ValueId>()
  readonly #constantOf = new Map<ValueId, ConstantData>()
  readonly #assigned = new Map<tf.Variable, ValueId>()

  constructor(kernels: KernelRegistry) {
    this.#kernels = kernels
  }

  kernelNames(): string[] {
    return this.#kernels.names()
  }

  returnsList(kernel: string): boolean {
    return this.#kernels.get(kernel).returnsList ?? false
  }

  /** Who is at work, for error messages. */
  where(): string {
    const layer = this.layers.at(-1)
    return layer === undefined ? 'the traced function' : `layer "${layer}"`
  }

  addInput(dataId: object, input: Omit<GraphInput, 'value'>, info: ValueInfo): void {
    this.#inputs.push({ value: this.#addValue(dataId, info), ...input })
  }

  addConstant(dataId: object, values: tf.BackendValues, shape: readonly number[], dtype: tf.DataType): void {
    const info = { shape: [...shape], dtype: elementType(dtype, this.where()) }
    const data = compact(values as ArrayLike<number>, info)
    if (!('everywhere' in data) && data.length > largestConstant) {
      throw new PixelwiseError('trace/large-constant', {
        what: `${this.where()} makes a constant of ${data.length} values`,
        rule: `constants of more than ${largestConstant} values are data, such as a random mask, and would be frozen`,
        next: 'pass it to the traced function as an argument',
      })
    }
    const value = this.#addValue(dataId, info)
    this.#constants.push({ value, data })
    this.#constantOf.set(value, data)
  }

  /** Values of a tensor, if it is a constant. */
  constantOf(dataId: object): tf.BackendValues | undefined {
    const value = this.#ids.get(dataId)
    const data = value === undefined ? undefined : this.#constantOf.get(value)
    if (value === undefined || data === undefined) return undefined
    const { shape, dtype } = this.#values[value]
    if (!('everywhere' in data)) return data.slice()
    return (dtype === 'float32' ? new Float32Array(sizeOf(shape)) : new Int32Array(sizeOf(shape))).fill(data.everywhere)
  }

  /** Records one kernel; returns shape and type of its outputs, for which `create` makes identities. */
  addKernel(
    kernel: string,
    inputs: Readonly<Record<string, tf.TensorInfo | null | undefined>>,
    attributes: Readonly<Record<string, unknown>>,
    create: () => object,
  ): tf.TensorInfo[] {
    if (!this.#kernels.has(kernel)) {
      throw new PixelwiseError('trace/unknown-kernel', {
        what: `${this.where()} uses the tfjs kernel "${kernel}"`,
        rule: 'the compiler does not know its output shape',
        next: `add it to the kernel registry: standardKernels().add("${kernel}", { infer, lower })`,
      })
    }
    const present = Object.entries(inputs).flatMap(([name, tensor]) => (tensor ? [[name, tensor] as const] : []))
    const ids = Object.fromEntries(present.map(([name, tensor]) => [name, this.valueOf(tensor)]))
    const infos = Object.fromEntries(Object.entries(ids).map(([name, value]) => [name, this.#values[value]]))
    const outputs = this.#inferred(kernel, infos, attributes).map((info) => ({ info, dataId: create() }))
    const layer = this.layers.at(-1)
    this.#nodes.push({
      kernel,
      inputs: ids,
      attributes: plain(attributes),
      outputs: outputs.map(({ dataId, info }) => this.#addValue(dataId, info)),
      ...(layer !== undefined && { layer }),
    })
    return outputs.map(({ dataId, info }) => ({ dataId, shape: [...info.shape], dtype: info.dtype }))
  }

  /** The value that a tensor stands for; a tensor from elsewhere becomes an input. */
  valueOf(tensor: tf.TensorInfo): ValueId {
    if (tensor instanceof tf.Variable) {
      const assigned = this.#assigned.get(tensor)
      if (assigned !== undefined) return assigned
    }
    const known = this.#ids.get(tensor.dataId)
    if (known !== undefined) return known
    const name = tensor instanceof tf.Variable ? tensor.name : `tensor_${this.captured.size}`
    const info = { shape: [...tensor.shape], dtype: elementType(tensor.dtype, this.where()) }
    this.addInput(tensor.dataId, { kind: 'captured', name }, info)
    const value = this.#values.length - 1
    this.captured.set(value, tensor as tf.Tensor)
    return value
  }

  assign(variable: tf.Variable, tensor: tf.Tensor): void {
    this.valueOf(variable) // the variable is an input, even if only written
    this.#assigned.set(variable, this.valueOf(tensor))
  }

  graph(outputs: readonly tf.Tensor[]): KernelGraph {
    const results = outputs.map((output) => this.valueOf(output))
    return {
      values: this.#values,
      inputs: this.#inputs,
      constants: this.#constants,
      nodes: this.#nodes,
      outputs: results,
      assignments: [...this.#assigned].map(([variable, value]) => ({ variable: variable.name, value })),
    }
  }

  /** The variables that were assigned to, in the order of `graph().assignments`. */
  assignedVariables(): tf.Variable[] {
    return [...this.#assigned.keys()]
  }

  /** Shape and type of each output; whatever else goes wrong there names the kernel and the layer. */
  #inferred(kernel: string, inputs: InputInfos, attributes: Readonly<Record<string, unknown>>): ValueInfo[] {
    try {
      return this.#kernels.get(kernel).infer(inputs, attributes)
    } catch (error) {
      if (error instanceof PixelwiseError) throw error
      const shapes = Object.values(inputs).map(({ shape }) => `[${shape.join(', ')}]`)
      throw new PixelwiseError('trace/unknown-shape', {
        what: `${this.where()} calls the tfjs kernel "${kernel}" with ${shapes.join(' and ')}, which fails (${error})`,
        rule: 'the compiler must know the shape of each output beforehand',
        next: 'run it eagerly: if that fails as well, the shapes do not fit; if not, the compiler lacks this case',
        cause: error,
      })
    }
  }

  #addValue(dataId: object, info: ValueInfo): ValueId {
    const value = this.#values.push(info) - 1
    this.#ids.set(dataId, value)
    return value
  }
}

function elementType(dtype: tf.DataType, where: string): ElementType {
  if (dtype === 'float32' || dtype === 'int32' || dtype === 'bool') return dtype
  throw new PixelwiseError('trace/unsupported-type', {
    what: `${where} uses a tensor of type ${dtype}`,
    rule: 'float32, int32 and bool can be traced',
    next: 'convert it before, outside the traced function',
  })
}

/** One number where all are equal, else a copy in the type of the tensor. */
function compact(values: ArrayLike<number>, { shape, dtype }: ValueInfo): ConstantData {
  const size = sizeOf(shape)
  const first = Number(values[0])
  let uniform = size > 1
  for (let i = 1; uniform && i < size; i++) uniform = Object.is(Number(values[i]), first)
  if (uniform) return { everywhere: first }
  if (dtype === 'float32') return Float32Array.from(values)
  return dtype === 'int32' ? Int32Array.from(values) : Uint8Array.from(values, Number)
}

/** Attributes as data: no class instances, no references to what the caller may change. */
function plain(attributes: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(attributes ?? {}).map(([name, value]) => [name, Array.isArray(value) ? deepCopy(value) : value]),
  )
}

function deepCopy(list: readonly unknown[]): unknown[] {
  return list.map((value) => (Array.isArray(value) ? deepCopy(value) : value))
}
