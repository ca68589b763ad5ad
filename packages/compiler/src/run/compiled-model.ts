import type { PreparedModel } from '@pixelwise/core'
import { PixelwiseError } from '@pixelwise/masks/shared'
import type * as tf from '@tensorflow/tfjs-core'
import type { LayersModel } from '@tensorflow/tfjs-layers'
import { optimise } from '../graph/optimise.js'
import type { KernelRegistry } from '../kernels/kernel-definition.js'
import { standardKernels } from '../kernels/standard-kernels.js'
import { lowerGraph } from '../onnx/lower-graph.js'
import { traceModel } from '../trace/trace-model.js'
import { readCaptured } from './captured-values.js'
import type { OnnxRuntime, SessionOptions } from './onnx-runtime.js'
import { GraphSession } from './session.js'
import { Shared } from './shared.js'

export interface CompileOptions extends SessionOptions {
  readonly kernels?: KernelRegistry
  /** How many sizes of inputs stay compiled; the one used longest ago makes room. Default 4. */
  readonly cachedSizes?: number
}

interface Compiled {
  readonly session: GraphSession
  readonly inputs: readonly number[]
  /** The weights that the session holds copies of, to notice when they change. */
  readonly weights: readonly (readonly [tensor: tf.Tensor, dataId: object])[]
  dispose(): Promise<void>
}

/**
 * Prepares a model for prediction on ONNX Runtime, with the model's weights inside.
 *
 * Every size of inputs is traced and compiled at its first run, then kept; a change of weights compiles anew. Outputs
 * are tfjs tensors on the backend in use, equal to the eager ones within the rounding of float32.
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

  constructor(model: LayersModel, runtime: OnnxRuntime, options: CompileOptions) {
    this.#model = model
    this.#runtime = runtime
    this.#options = options
  }

  async run(inputs: readonly tf.Tensor[]): Promise<tf.Tensor[]> {
    checkInputs(this.#model, inputs)
    const key = inputs.map(({ shape, dtype }) => `${dtype} ${shape}`).join(' and ')
    const shared = this.#sharedFor(key, inputs)
    const outputs = await shared
      .use(async ({ session, inputs: values, weights }) => {
        if (weights.some(([tensor, dataId]) => tensor.dataId !== dataId)) return undefined
        return (await session.run(new Map(values.map((value, i) => [value, inputs[i]])))).outputs
      })
      .catch((error) => {
        this.#forget(key, shared)
        throw error
      })
    if (outputs !== undefined) return outputs
    this.#forget(key, shared) // the weights have changed
    return this.run(inputs)
  }

  dispose(): void {
    for (const [key, shared] of this.#bySize) this.#forget(key, shared)
  }

  #sharedFor(key: string, inputs: readonly tf.Tensor[]): Shared<Compiled> {
    const shared = this.#bySize.get(key) ?? new Shared(this.#compile(inputs))
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

  async #compile(inputs: readonly tf.Tensor[]): Promise<Compiled> {
    const { kernels = standardKernels(), cachedSizes: _, ...sessionOptions } = this.#options
    const { graph, captured } = traceModel(
      this.#model,
      inputs.map(({ shape, dtype }) => ({ shape, dtype: dtype as 'float32' })),
      { kernels },
    )
    const smaller = optimise(graph)
    const weights = [...captured.values()].map((tensor) => [tensor, tensor.dataId] as const)
    const lowered = lowerGraph(smaller, { embed: await readCaptured(captured), kernels })
    const session = await GraphSession.create(this.#runtime, smaller, lowered, sessionOptions)
    const args = graph.inputs.filter(({ kind }) => kind === 'argument').map(({ value }) => value)
    return { session, inputs: args, weights, dispose: () => session.dispose() }
  }
}

function checkInputs(model: LayersModel, inputs: readonly tf.Tensor[]): void {
  if (inputs.length === model.inputs.length) return
  throw new PixelwiseError('engine/wrong-inputs', {
    what: `model "${model.name}" was given ${inputs.length} inputs`,
    rule: `it takes ${model.inputs.length}: ${model.inputs.map((input) => input.name).join(', ')}`,
    next: 'pass one tensor per input, in that order',
  })
}
