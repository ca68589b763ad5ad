import { type ConstantData, constantValues, sizeOf, type ValueId, type ValueInfo } from '../graph/kernel-graph.js'
import type { OnnxAttribute, OnnxNode, OnnxTensor } from './onnx-graph.js'
import { uniqueName } from './unique-name.js'

/** Order of the axes of a rank-4 value: tfjs's `[N, H, W, C]` or ONNX's `[N, C, H, W]`. Other ranks have only the first. */
export type Layout = 'nhwc' | 'nchw'

const toChannelsFirst = [0, 3, 1, 2]
const toChannelsLast = [0, 2, 3, 1]

/** Where axis a of `[N, H, W, C]` lies in a layout. */
export function axisIn(layout: Layout, axis: number): number {
  return layout === 'nchw' ? [0, 2, 3, 1][axis] : axis
}

/** A list with one entry per axis of `[N, H, W, C]`, in the order of a layout. */
export function arrangedFor<T>(layout: Layout, list: readonly T[]): T[] {
  return layout === 'nchw' ? toChannelsFirst.map((axis) => list[axis]) : [...list]
}

/** Collects nodes and constants, and knows under which name and in which layout each traced value exists. */
export class OnnxBuilder {
  readonly nodes: OnnxNode[] = []
  readonly initializers: OnnxTensor[] = []
  readonly #values: readonly ValueInfo[]
  readonly #taken: Set<string>
  readonly #names = new Map<ValueId, Partial<Record<Layout, string>>>()
  readonly #constants = new Map<ValueId, ConstantData>()
  readonly #shared = new Map<string, string>()
  #count = 0

  /** `taken` are the names of inputs and outputs; what the builder makes up is called otherwise. */
  constructor(values: readonly ValueInfo[], taken: Set<string>) {
    this.#values = values
    this.#taken = taken
  }

  infoOf(value: ValueId): ValueInfo {
    return this.#values[value]
  }

  define(value: ValueId, name: string, layout: Layout = 'nhwc'): void {
    this.#names.set(value, { ...this.#names.get(value), [layout]: name })
  }

  /** The lengths of the traced values, by the names that these have so far, each in its layout. */
  namedShapes(): Map<string, readonly number[]> {
    const shapes = new Map<string, readonly number[]>()
    for (const [value, { nhwc, nchw }] of this.#names) {
      const { shape } = this.#values[value]
      if (nhwc !== undefined) shapes.set(nhwc, shape)
      if (nchw !== undefined) shapes.set(nchw, arrangedFor('nchw', shape))
    }
    return shapes
  }

  /** Registers a constant; it is written into the file only if something reads it. */
  defineConstant(value: ValueId, data: ConstantData): void {
    this.#constants.set(value, data)
  }

  /** The number that all elements of a value are, where it is such a constant. */
  uniform(value: ValueId): number | undefined {
    const data = this.#constants.get(value)
    if (data === undefined) return undefined
    if ('everywhere' in data) return data.everywhere
    return data.length === 1 ? data[0] : undefined
  }

  /** The numbers of a constant, row by row. */
  constantValues(value: ValueId): ArrayLike<number> | undefined {
    const data = this.#constants.get(value)
    return data === undefined ? undefined : constantValues(data, this.#values[value])
  }

  isOnly(value: ValueId, layout: Layout): boolean {
    const names = this.#names.get(value)
    return names?.[layout] !== undefined && names[layout === 'nchw' ? 'nhwc' : 'nchw'] === undefined
  }

  read(value: ValueId, layout: Layout): string {
    const names = this.#names.get(value)
    const name = names?.[layout]
    if (name !== undefined) return name
    if (names === undefined) {
      this.define(value, this.#materialise(value))
      return this.read(value, layout)
    }
    const other = names[layout === 'nchw' ? 'nhwc' : 'nchw']
    if (other === undefined) throw new Error(`value ${value} has no name`)
    const perm = layout === 'nchw' ? toChannelsFirst : toChannelsLast
    const [turned] = this.emit('layout', 'Transpose', [other], 1, { perm })
    this.define(value, turned, layout)
    return turned
  }

  emit(
    label: string,
    operator: string,
    inputs: readonly string[],
    outputs: number,
    attributes: Readonly<Record<string, OnnxAttribute>> = {},
  ): string[] {
    const name = `${label}/${operator}_${this.#count++}`
    const names = Array.from({ length: outputs }, (_, i) => uniqueName(`${name}:${i}`, this.#taken))
    this.nodes.push({ operator, name, inputs, outputs: names, attributes })
    return names
  }

  integers(values: readonly number[]): string {
    return this.#once(`int64 ${values}`, (name) => ({
      name,
      shape: [values.length],
      type: 'int64',
      data: BigInt64Array.from(values, BigInt),
    }))
  }

  constant(values: readonly number[] | Float32Array, { shape, dtype }: ValueInfo): string {
    const make = (name: string): OnnxTensor => {
      if (dtype === 'float32') return { name, shape, type: dtype, data: Float32Array.from(values) }
      return {
        name,
        shape,
        type: dtype,
        data: dtype === 'int32' ? Int32Array.from(values) : Uint8Array.from(values),
      }
    }
    if (values.length > 16) return this.#add(make)
    return this.#once(
      `${dtype} [${shape}] ${Array.from(values, (value) => (Object.is(value, -0) ? '-0' : value))}`,
      make,
    )
  }

  /** A value of one number everywhere; large ones are spread when the graph runs. */
  filled(fill: number, info: ValueInfo): string {
    if (sizeOf(info.shape) <= 1024) return this.constant([...constantValues({ everywhere: fill }, info)], info)
    const one = this.constant([fill], { shape: [], dtype: info.dtype })
    return this.emit('constant', 'Expand', [one, this.integers(info.shape)], 1)[0]
  }

  #materialise(value: ValueId): string {
    const data = this.#constants.get(value)
    if (data === undefined) throw new Error(`value ${value} is read before it is computed`)
    const info = this.#values[value]
    if ('everywhere' in data) return this.filled(data.everywhere, info)
    return this.#add((name) => ({ name, shape: info.shape, type: info.dtype, data }))
  }

  #once(key: string, make: (name: string) => OnnxTensor): string {
    const known = this.#shared.get(key)
    if (known !== undefined) return known
    const name = this.#add(make)
    this.#shared.set(key, name)
    return name
  }

  #add(make: (name: string) => OnnxTensor): string {
    const tensor = make(uniqueName(`constant_${this.#count++}`, this.#taken))
    this.initializers.push(tensor)
    return tensor.name
  }
}
