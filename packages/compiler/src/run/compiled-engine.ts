import {
  EagerEngine,
  type Engine,
  type MaskSource,
  type PreparedModel,
  type PreparedStep,
  type StepDefinition,
} from '@pixelwise/core'
import { PixelwiseError } from '@pixelwise/masks/shared'
import type { Tensor } from '@tensorflow/tfjs-core'
import type { LayersModel } from '@tensorflow/tfjs-layers'
import { type CompileOptions, sortOptions } from './compile-options.js'
import { compile } from './compiled-model.js'
import { compileStep } from './compiled-step.js'
import type { OnnxRuntime } from './onnx-runtime.js'

export interface CompiledEngineOptions extends CompileOptions {
  /** What to do with a net that cannot be compiled: run it eagerly after a warning (the default), or throw. */
  readonly fallback?: 'eager' | 'error'
  /** Where warnings go; `console.warn` by default. */
  readonly warn?: (message: string) => void
}

/**
 * Runs and trains nets on ONNX Runtime.
 *
 * Takes the module of `onnxruntime-node` or `onnxruntime-web`, or why there is none (see `compiledEngine` of
 * `@pixelwise/compiler/node`). A net that cannot be compiled runs eagerly; one warning says which and why.
 *
 * @example
 * import * as ort from 'onnxruntime-web'
 * const prepared = await new CompiledEngine(ort).prepare(model)
 */
export class CompiledEngine implements Engine {
  readonly name = 'compiled'
  readonly #runtime: OnnxRuntime | PixelwiseError
  readonly #options: CompileOptions
  readonly #fallback: 'eager' | 'error'
  readonly #warn: (message: string) => void
  readonly #warned = new Set<string>()
  readonly #eager = new EagerEngine()

  constructor(runtime: OnnxRuntime | PixelwiseError, options: CompiledEngineOptions = {}) {
    const { fallback = 'eager', warn = (message: string) => console.warn(message), ...rest } = options
    sortOptions(rest) // a wrong one is a mistake, not a limit that nets run eagerly for
    this.#runtime = runtime
    this.#options = rest
    this.#fallback = fallback
    this.#warn = warn
  }

  async prepare(model: LayersModel): Promise<PreparedModel> {
    const prepared = await this.#orEager(
      async () => compile(model, this.#runtimeOrThrow(), this.#options),
      () => this.#eager.prepare(model),
    )
    let current = prepared
    return {
      run: (inputs: readonly Tensor[]) =>
        this.#orEager(
          () => current.run(inputs),
          async () => {
            current.dispose()
            current = await this.#eager.prepare(model)
            return current.run(inputs)
          },
        ),
      dispose: () => current.dispose(),
    }
  }

  async prepareStep(definition: StepDefinition): Promise<PreparedStep> {
    let current = await this.#orEager(
      async () => compileStep(definition, this.#runtimeOrThrow(), this.#options),
      () => this.#eager.prepareStep(definition),
    )
    return {
      run: (batch: readonly Tensor[], masks?: MaskSource) =>
        this.#orEager(
          () => current.run(batch, masks),
          async () => {
            current.dispose()
            current = await this.#eager.prepareStep(definition)
            return current.run(batch, masks)
          },
        ),
      dispose: () => current.dispose(),
    }
  }

  #runtimeOrThrow(): OnnxRuntime {
    if (this.#runtime instanceof PixelwiseError) throw this.#runtime
    return this.#runtime
  }

  async #orEager<T>(compiled: () => Promise<T>, eager: () => Promise<T>): Promise<T> {
    try {
      return await compiled()
    } catch (error) {
      if (this.#fallback === 'error' || !isLimit(error)) throw error
      if (!this.#warned.has(error.message)) this.#warn(`running eagerly, not compiled: ${error.message}`)
      this.#warned.add(error.message)
      return eager()
    }
  }
}

/** What the compiler cannot do, as opposed to mistakes that an eager run would not survive either. */
function isLimit(error: unknown): error is PixelwiseError {
  return error instanceof PixelwiseError && /^(compiler|trace|onnx)\//.test(error.code)
}
