import * as tf from '@tensorflow/tfjs-core'

/** The values of a tensor as ONNX Runtime takes them; booleans are bytes. */
export type HostValues = Float32Array | Int32Array | Uint8Array

/**
 * A tfjs backend that keeps values in plain typed arrays and computes nothing.
 *
 * ONNX Runtime reads such arrays where they lie, while the heap of the wasm backend or the memory of a GPU would have to
 * be copied out for every run. tfjs moves the values back by itself when an eager kernel uses the tensor. It is never
 * registered: tensors are handed to it one by one.
 */
class HostMemory extends tf.KernelBackend {
  readonly #data = new Map<object, { values: HostValues; references: number }>()

  /** The array itself, not a copy, of a tensor that lives here. */
  valuesOf(dataId: object): HostValues | undefined {
    return this.#data.get(dataId)?.values
  }

  override write(values: tf.BackendValues, shape: number[], dtype: tf.DataType): object {
    const dataId = {}
    this.move(dataId, values, shape, dtype, 1)
    return dataId
  }

  override move(
    dataId: object,
    values: tf.BackendValues,
    _shape: number[],
    _dtype: tf.DataType,
    references: number,
  ): void {
    this.#data.set(dataId, { values: values as HostValues, references }) // no strings or complex numbers: those cannot be traced
  }

  /** A copy: what others read must not change when weights are updated in place. */
  override readSync(dataId: object): tf.BackendValues {
    const entry = this.#data.get(dataId)
    if (entry === undefined) throw new Error('a tensor was read from a memory that does not hold it')
    return entry.values.slice()
  }

  override async read(dataId: object): Promise<tf.BackendValues> {
    return this.readSync(dataId)
  }

  override incRef(dataId: object): void {
    const entry = this.#data.get(dataId)
    if (entry !== undefined) entry.references++
  }

  decRef(dataId: object): void {
    const entry = this.#data.get(dataId)
    if (entry !== undefined) entry.references--
  }

  override refCount(dataId: object): number {
    return this.#data.get(dataId)?.references ?? 0
  }

  override disposeData(dataId: object, force = false): boolean {
    this.decRef(dataId)
    if (!force && this.refCount(dataId) > 0) return false
    this.#data.delete(dataId)
    return true
  }

  override numDataIds(): number {
    return this.#data.size
  }

  override memory(): { unreliable: boolean } {
    return { unreliable: false }
  }

  override floatPrecision(): 32 {
    return 32
  }

  override dispose(): void {
    this.#data.clear()
  }
}

const host = new HostMemory()

/**
 * The values of a tensor as an array that follows no later change; moves the tensor into plain memory first, so that the
 * next call costs nothing.
 */
export async function hostValues(tensor: tf.Tensor): Promise<HostValues> {
  const known = host.valuesOf(tensor.dataId)
  if (known !== undefined) return known
  const info = tf.engine().state.tensorInfo.get(tensor.dataId)
  const read = await tensor.data()
  const values = typedValues(read, tensor.dtype)
  const isCopy = values !== read || copying.some((name) => info !== undefined && tf.findBackend(name) === info.backend)
  return host.valuesOf(tensor.dataId) ?? adopt(tensor, isCopy ? values : values.slice())
}

const arrays = { float32: Float32Array, int32: Int32Array, bool: Uint8Array } as const

/** Values in the kind of array that ONNX Runtime takes for their type. tfjs's cpu backend keeps those of a cast as they were. */
export function typedValues(values: tf.BackendValues, dtype: tf.DataType): HostValues {
  // No strings or complex numbers: those cannot be traced.
  const [plain, kind] = [values as HostValues, arrays[dtype as keyof typeof arrays]]
  return plain instanceof kind ? plain : kind.from(plain)
}

/** Backends whose tensors are read as copies; others hand out arrays that whoever reads next sees as well. */
const copying = ['wasm', 'tensorflow']

/** The array itself of a tensor that lies in plain memory already. */
export function heldValues(tensor: tf.Tensor): HostValues | undefined {
  return host.valuesOf(tensor.dataId)
}

/** The values of a variable for changing them in place. A tensor that shares them with the variable keeps the old ones. */
export async function ownedValues(variable: tf.Variable): Promise<HostValues> {
  const values = await hostValues(variable)
  if (host.refCount(variable.dataId) <= 1) return values
  replaceValues(variable, values.slice())
  return hostValues(variable)
}

/**
 * Gives a variable that shares its values with another tensor a copy of its own. Two trunks that start from the same
 * weights share them, and a trace, which knows values and not who holds them, would take both for one.
 */
export async function ownMemory(variable: tf.Variable): Promise<void> {
  const holders = tf.engine().state.tensorInfo.get(variable.dataId)?.backend.refCount(variable.dataId) ?? 1
  if (holders > 1) replaceValues(variable, typedValues(await variable.data(), variable.dtype).slice())
}

/** Gives a variable other values without copying them. `assign` would move them to the backend in use. */
export function replaceValues(variable: tf.Variable, values: HostValues): void {
  const { shape, dtype } = variable
  const dataId = host.write(values, shape, dtype)
  // The variable takes the place of this tensor, which nobody disposes.
  tf.engine().makeTensorFromTensorInfo({ dataId, shape, dtype }, host)
  tf.engine().disposeTensor(variable)
  variable.dataId = dataId
}

function adopt(tensor: tf.Tensor, values: HostValues): HostValues {
  const info = tf.engine().state.tensorInfo.get(tensor.dataId)
  if (info === undefined) throw new Error('a tensor that was disposed cannot be read')
  const references = info.backend.refCount(tensor.dataId)
  info.backend.disposeData(tensor.dataId, true)
  info.backend = host
  host.move(tensor.dataId, values, tensor.shape, tensor.dtype, references)
  return values
}
