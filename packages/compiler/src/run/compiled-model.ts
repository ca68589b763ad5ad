import type { PreparedModel } from '@pixelwise/core'
import { PixelwiseError } from '@pixelwise/masks/shared'
import type * as tf from '@tensorflow/tfjs-core'
import type { LayersModel } from '@tensorflow/tfjs-layers'
import type { KernelRegistry } from '../kernels/kernel-definition.js'
import type { ConvolutionChoice } from '../onnx/lowering-context.js'
import { type LoweredModel, lowerForAnySize, lowerModel } from '../sizes/lower-model.js'
import type { OnnxRuntime, SessionOptions } from './onnx-runtime.js'
import { GraphSession, type SessionMaker } from './session.js'
import { Shared } from './shared.js'

export interface CompileOptions extends SessionOptions {
  /** Whether Winograd's convolution may be used: where it is faster (`auto`, the default), nowhere (`direct`), or wherever it is possible. */
  readonly convolution?: ConvolutionChoice
  readonly kernels?: KernelRegistry
  /**
   * How many sizes of inputs stay compiled where one session cannot serve all of them; the one used longest ago makes
   * room. Default 4.
   */
  readonly cachedSizes?: number
  /** Whether one session may serve all sizes of inputs. Default true. */
  readonly freeSizes?: boolean
  /** How sessions for prediction are made; `mappedSessions` of `@pixelwise/compiler/node` keeps their weights in files. */
  readonly sessions?: SessionMaker
}

/** A session for the inputs of one size, or of all. */
interface Compiled {
  readonly session: GraphSession
  readonly inputs: readonly number[]
  /** The weights that the session holds copies of, to notice when they change. */
  readonly weights: readonly (readonly [tensor: tf.Tensor, dataId: object])[]
  /** Whether the session computes what the model does at a size. */
  serves(at: readonly tf.Tensor[]): Promise<boolean>
  dispose(): Promise<void>
}

/**
 * Prepares a model for prediction on ONNX Runtime, with the model's weights inside.
 *
 * Where the model leaves the size of its inputs free, one session serves all sizes: it is compiled at the first run, and
 * at the first run of every other size the model is traced again to make sure that the session computes the same. Where
 * that does not hold, the size is compiled by itself. A change of weights compiles anew. Outputs are tfjs tensors on the
 * backend in use, equal to the eager ones within the rounding of float32.
 * Throws `engine/wrong-inputs`, and at the first run of a size `compiler/no-lowering` or an error of `trace`.
 *
 * @example
 * const prepared = compile(model, await loadOnnxRuntime())
 * const [scores] = await prepared.run([image])
 */
export function compile(model: LayersModel, runtime: OnnxRuntime, options: CompileOptions = {}): PreparedModel {
  return new CompiledModel(model, runtime, options)
}

class CompiledModel implements PreparedModel {
  readonly #model: LayersModel
  readonly #runtime: OnnxRuntime
  readonly #options: CompileOptions
  readonly #bySize = new Map<string, Shared<Compiled>>()
  /** The session for all sizes, once asked for; undefined inside where there can be none. */
  #general: Shared<Compiled | undefined> | undefined
  /** Whether the session for all sizes serves a size. */
  #served = new Map<string, Promise<boolean>>()

  constructor(model: LayersModel, runtime: OnnxRuntime, options: CompileOptions) {
    this.#model = model
    this.#runtime = runtime
    this.#options = options
  }

  async run(inputs: readonly tf.Tensor[]): Promise<tf.Tensor[]> {
    checkInputs(this.#model, inputs)
    const key = inputs.map(({ shape, dtype }) => `${dtype} ${shape}`).join(' and ')
    return (await this.#runGeneral(key, inputs)) ?? this.#runSized(key, inputs)
  }

  dispose(): void {
    for (const [key, shared] of this.#bySize) this.#forget(key, shared)
    this.#forgetGeneral()
  }

  /** On the session for all sizes; undefined where it does not serve this one. */
  async #runGeneral(key: string, inputs: readonly tf.Tensor[]): Promise<tf.Tensor[] | undefined> {
    if (this.#options.freeSizes === false) return undefined
    const general = this.#sharedGeneral(inputs)
    const outcome = await general.use(async (compiled): Promise<tf.Tensor[] | 'changed' | undefined> => {
      if (compiled === undefined) return undefined
      if (changed(compiled)) return 'changed'
      return (await this.#isServed(compiled, key, inputs)) ? runCompiled(compiled, inputs) : undefined
    })
    if (outcome !== 'changed') return outcome
    if (this.#general === general) this.#forgetGeneral()
    return this.#runGeneral(key, inputs)
  }

  #sharedGeneral(inputs: readonly tf.Tensor[]): Shared<Compiled | undefined> {
    if (this.#general !== undefined) return this.#general
    const compiled = this.#compileGeneral(inputs)
    const shared = new Shared(compiled)
    this.#general = shared
    compiled.catch(() => {
      if (this.#general === shared) this.#forgetGeneral()
    })
    return shared
  }

  #isServed(compiled: Compiled, key: string, inputs: readonly tf.Tensor[]): Promise<boolean> {
    const known = this.#served.get(key)
    if (known !== undefined) return known
    const served = compiled.serves(inputs)
    const all = this.#served
    all.set(key, served)
    served.catch(() => all.delete(key))
    return served
  }

  async #runSized(key: string, inputs: readonly tf.Tensor[]): Promise<tf.Tensor[]> {
    const shared = this.#sharedFor(key, inputs)
    const outputs = await shared
      .use(async (compiled) => (changed(compiled) ? undefined : runCompiled(compiled, inputs)))
      .catch((error) => {
        this.#forget(key, shared)
        throw error
      })
    if (outputs !== undefined) return outputs
    this.#forget(key, shared)
    return this.#runSized(key, inputs)
  }

  #sharedFor(key: string, inputs: readonly tf.Tensor[]): Shared<Compiled> {
    const shared = this.#bySize.get(key) ?? new Shared(this.#compileSize(inputs))
    this.#bySize.delete(key)
    this.#bySize.set(key, shared) // now the latest
    const { cachedSizes = 4 } = this.#options
    for (const [oldest, unused] of this.#bySize) {
      if (this.#bySize.size <= cachedSizes) break
      this.#forget(oldest, unused)
    }
    return shared
  }

  #forget(key: string, shared: Shared<Compiled>): void {
    if (this.#bySize.get(key) !== shared) return
    this.#bySize.delete(key)
    shared.retire()
  }

  #forgetGeneral(): void {
    this.#general?.retire()
    this.#general = undefined
    this.#served = new Map()
  }

  async #compileSize(inputs: readonly tf.Tensor[]): Promise<Compiled> {
    const lowered = await lowerModel(this.#model, signaturesOf(inputs), this.#options)
    return this.#compiled(lowered, async () => true)
  }

  async #compileGeneral(inputs: readonly tf.Tensor[]): Promise<Compiled | undefined> {
    const general = await lowerForAnySize(this.#model, signaturesOf(inputs), this.#options)
    if (typeof general === 'string') return undefined
    return this.#compiled(general, async (at) => (await general.difference(signaturesOf(at))) === undefined)
  }

  async #compiled({ graph, lowered, captured }: LoweredModel, serves: Compiled['serves']): Promise<Compiled> {
    const { kernels: _, cachedSizes: __, freeSizes: ___, convolution: ____, ...sessionOptions } = this.#options
    const session = await GraphSession.create(this.#runtime, graph, lowered, sessionOptions)
    const args = graph.inputs.filter(({ kind }) => kind === 'argument').map(({ value }) => value)
    return { session, inputs: args, weights: captured, serves, dispose: () => session.dispose() }
  }
}

function changed({ weights }: Compiled): boolean {
  return weights.some(([tensor, dataId]) => tensor.dataId !== dataId)
}

async function runCompiled({ session, inputs: values }: Compiled, inputs: readonly tf.Tensor[]): Promise<tf.Tensor[]> {
  return (await session.run(new Map(values.map((value, i) => [value, inputs[i]])))).outputs
}

function signaturesOf(inputs: readonly tf.Tensor[]) {
  // What cannot be traced is refused by name while tracing.
  return inputs.map(({ shape, dtype }) => ({ shape, dtype: dtype as 'float32' }))
}

function checkInputs(model: LayersModel, inputs: readonly tf.Tensor[]): void {
  if (inputs.length === model.inputs.length) return
  throw new PixelwiseError('engine/wrong-inputs', {
    what: `model "${model.name}" was given ${inputs.length} inputs`,
    rule: `it takes ${model.inputs.length}: ${model.inputs.map((input) => input.name).join(', ')}`,
    next: 'pass one tensor per input, in that order',
  })
}
