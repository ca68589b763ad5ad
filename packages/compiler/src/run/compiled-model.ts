import { checkInputs, type PreparedModel } from '@pixelwise/core'
import type * as tf from '@tensorflow/tfjs-core'
import type { LayersModel } from '@tensorflow/tfjs-layers'
import type { GraphInput, ValueId } from '../graph/kernel-graph.js'
import { type LoweredModel, type LowerModelOptions, lowerForAnySize, lowerModel } from '../sizes/lower-model.js'
import { BorderSource } from './border-source.js'
import { type CompileOptions, type SortedOptions, sortOptions } from './compile-options.js'
import type { OnnxRuntime, OnnxRuntimeTensor, SessionOptions } from './onnx-runtime.js'
import { GraphSession } from './session.js'
import { Shared } from './shared.js'
import { SizeCache, sizeOfInputs } from './size-cache.js'

type BorderTensors = readonly OnnxRuntimeTensor[]

/** So many sizes have their borders at hand: some megabytes each. */
const sizesWithBorders = 16

/** A session for the inputs of one size, or of all. */
interface Compiled {
  readonly session: GraphSession
  readonly inputs: readonly ValueId[]
  /** The inputs that borders are handed to. */
  readonly borders: readonly ValueId[]
  /** The weights that the session holds copies of, to notice when they change. */
  readonly weights: readonly (readonly [tensor: tf.Tensor, dataId: object])[]
  /** What the session is handed besides images of a size; undefined where it does not compute what the model does there. */
  bordersAt(at: readonly tf.Tensor[]): Promise<BorderTensors | undefined>
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
  readonly #options: SortedOptions
  readonly #bySize: SizeCache<Compiled>
  /** The session for all sizes, once asked for; undefined inside where there can be none. */
  #general: Shared<Compiled | undefined> | undefined
  /** What the session for all sizes is handed at a size; undefined inside where it does not serve that. */
  #served = new Map<string, Promise<BorderTensors | undefined>>()

  constructor(model: LayersModel, runtime: OnnxRuntime, options: CompileOptions) {
    this.#model = model
    this.#runtime = runtime
    this.#options = sortOptions(options)
    this.#bySize = new SizeCache(this.#options.cachedSizes ?? 4)
  }

  async run(inputs: readonly tf.Tensor[]): Promise<tf.Tensor[]> {
    checkInputs(this.#model, inputs)
    const key = sizeOfInputs(inputs)
    return (await this.#runGeneral(key, inputs)) ?? this.#runSized(key, inputs)
  }

  dispose(): void {
    this.#bySize.dispose()
    this.#forgetGeneral()
  }

  /** On the session for all sizes; undefined where it does not serve this one. */
  async #runGeneral(key: string, inputs: readonly tf.Tensor[]): Promise<tf.Tensor[] | undefined> {
    if (!this.#options.freeSizes) return undefined
    const general = this.#sharedGeneral(inputs)
    const outcome = await general.use(async (compiled): Promise<tf.Tensor[] | 'changed' | undefined> => {
      if (compiled === undefined) return undefined
      const borders = await this.#bordersFor(compiled, key, inputs)
      if (changed(compiled)) return 'changed'
      return borders && runCompiled(compiled, inputs, borders)
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

  #bordersFor(compiled: Compiled, key: string, inputs: readonly tf.Tensor[]): Promise<BorderTensors | undefined> {
    const known = this.#served.get(key)
    if (known !== undefined) return known
    const borders = compiled.bordersAt(inputs)
    const all = this.#served
    all.set(key, borders)
    borders.then(
      (tensors) => {
        if (tensors !== undefined && tensors.length > 0) forgetOldest(all, sizesWithBorders)
      },
      () => all.delete(key),
    )
    return borders
  }

  #runSized(key: string, inputs: readonly tf.Tensor[]): Promise<tf.Tensor[]> {
    return this.#bySize.use(
      key,
      () => this.#compileSize(inputs),
      async (compiled) => {
        const borders = await compiled.bordersAt(inputs)
        return changed(compiled) || borders === undefined ? undefined : runCompiled(compiled, inputs, borders)
      },
    )
  }

  #forgetGeneral(): void {
    this.#general?.retire()
    this.#general = undefined
    this.#served = new Map()
  }

  async #compileSize(inputs: readonly tf.Tensor[]): Promise<Compiled> {
    const lowered = await lowerModel(this.#model, signaturesOf(inputs), this.#loweringOptions())
    const borders = this.#borderSource()(inputs, lowered)
    borders.catch(() => {}) // whoever runs the session sees it
    return this.#compiled(lowered, () => borders)
  }

  async #compileGeneral(inputs: readonly tf.Tensor[]): Promise<Compiled | undefined> {
    const general = await lowerForAnySize(this.#model, signaturesOf(inputs), this.#loweringOptions())
    if (typeof general === 'string') return undefined
    const bordersOf = this.#borderSource()
    return this.#compiled(general, async (at) => {
      const there = await general.lowerAt(signaturesOf(at))
      return typeof there === 'string' ? undefined : bordersOf(at, there)
    })
  }

  #loweringOptions(): LowerModelOptions {
    const { lowering, session, reuseBorders } = this.#options
    return { ...lowering, ...(reuseBorders && { borders: {} }), channelsLast: onCpu(session) }
  }

  /** What computes the borders for a session; it lives as long, with the same weights. */
  #borderSource(): (inputs: readonly tf.Tensor[], lowered: LoweredModel) => Promise<BorderTensors> {
    const { lowering, session } = this.#options
    const source = new BorderSource(this.#model, this.#runtime, session, { ...lowering, channelsLast: onCpu(session) })
    return async (inputs, { borders }) => (borders === undefined ? [] : source.at(signaturesOf(inputs), borders))
  }

  async #compiled({ graph, lowered, captured }: LoweredModel, bordersAt: Compiled['bordersAt']): Promise<Compiled> {
    const session = await GraphSession.create(this.#runtime, graph, lowered, this.#options.predicting)
    const ofKind = (wanted: GraphInput['kind']) =>
      graph.inputs.flatMap(({ kind, value }) => (kind === wanted ? [value] : []))
    return {
      session,
      inputs: ofKind('argument'),
      borders: ofKind('border'),
      weights: captured,
      bordersAt,
      dispose: () => session.dispose(),
    }
  }
}

/** ONNX Runtime's own choice is its CPU provider, which `onnxruntime-web` calls wasm. */
function onCpu({ executionProviders = ['cpu'] }: SessionOptions): boolean {
  return executionProviders.every((provider) => provider === 'cpu' || provider === 'wasm')
}

function changed({ weights }: Compiled): boolean {
  return weights.some(([tensor, dataId]) => tensor.dataId !== dataId)
}

async function runCompiled(
  { session, inputs: values, borders: borderValues }: Compiled,
  inputs: readonly tf.Tensor[],
  borders: BorderTensors,
): Promise<tf.Tensor[]> {
  const feeds = new Map(values.map((value, i) => [value, inputs[i]]))
  return (await session.run(feeds, new Map(borderValues.map((value, i) => [value, borders[i]])))).outputs
}

function forgetOldest(all: Map<string, unknown>, most: number): void {
  for (const key of all.keys()) {
    if (all.size <= most) return
    all.delete(key)
  }
}

function signaturesOf(inputs: readonly tf.Tensor[]) {
  // What cannot be traced is refused by name while tracing.
  return inputs.map(({ shape, dtype }) => ({ shape, dtype: dtype as 'float32' }))
}
