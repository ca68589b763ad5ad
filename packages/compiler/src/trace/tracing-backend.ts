import { PixelwiseError } from '@pixelwise/masks/shared'
import * as tf from '@tensorflow/tfjs-core'
import type { Recorder } from './recorder.js'

/** The name under which the recording backend is registered with tfjs while a trace is under way. */
export const tracingBackendName = 'pixelwise-tracing'

/** A tfjs backend whose tensors have no values: they are numbers of values in the graph being recorded. */
export class TracingBackend extends tf.KernelBackend {
  readonly #recorder: Recorder
  readonly #references = new Map<object, number>()

  constructor(recorder: Recorder) {
    super()
    this.#recorder = recorder
  }

  /** Makes the identity of a new tensor. */
  create(): object {
    const dataId = {}
    this.#references.set(dataId, 1)
    return dataId
  }

  override write(values: tf.BackendValues, shape: number[], dtype: tf.DataType): object {
    const dataId = this.create()
    this.#recorder.addConstant(dataId, values, shape, dtype)
    return dataId
  }

  override readSync(dataId: object): tf.BackendValues {
    const constant = this.#recorder.constantOf(dataId)
    if (constant !== undefined) return constant
    throw new PixelwiseError('trace/value-read', {
      what: `${this.#recorder.where()} reads the value of a tensor`,
      rule: 'while tracing, tensors are only recorded and have no values yet',
      next: 'compute with tfjs operations instead of dataSync() or arraySync(), or run this net eagerly',
    })
  }

  override async read(dataId: object): Promise<tf.BackendValues> {
    return this.readSync(dataId)
  }

  override incRef(dataId: object): void {
    const count = this.#references.get(dataId)
    if (count !== undefined) {
      this.#references.set(dataId, count + 1)
      return
    }
    // A tensor of another backend: its owner counts.
    tf.engine().state.tensorInfo.get(dataId)?.backend.incRef(dataId)
  }

  decRef(dataId: object): void {
    const count = this.#references.get(dataId)
    if (count !== undefined) this.#references.set(dataId, count - 1)
  }

  override refCount(dataId: object): number {
    return this.#references.get(dataId) ?? 0
  }

  override disposeData(dataId: object, force = false): boolean {
    if (!this.#references.has(dataId)) return true
    this.decRef(dataId)
    if (!force && this.refCount(dataId) > 0) return false
    this.#references.delete(dataId)
    return true
  }

  override numDataIds(): number {
    return this.#references.size
  }

  override timerAvailable(): boolean {
    return true
  }

  override async time(run: () => void): Promise<tf.BackendTimingInfo> {
    run()
    return { kernelMs: 0 }
  }

  override memory(): { unreliable: boolean } {
    return { unreliable: true }
  }

  override floatPrecision(): 32 {
    return 32
  }

  override epsilon(): number {
    return 1e-7
  }

  override dispose(): void {}
}
