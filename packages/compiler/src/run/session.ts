import { PixelwiseError } from '@pixelwise/masks/shared'
import * as tf from '@tensorflow/tfjs-core'
import { type KernelGraph, sizeOf, type ValueId } from '../graph/kernel-graph.js'
import { heldValues, typedValues } from '../memory/host-memory.js'
import { encodeModel } from '../onnx/encode-model.js'
import type { LoweredGraph } from '../onnx/lower-graph.js'
import type { OnnxGraph } from '../onnx/onnx-graph.js'
import type {
  OnnxRuntime,
  OnnxRuntimeTensor,
  OnnxSession,
  OnnxTensorData,
  OnnxTensorType,
  SessionOptions,
} from './onnx-runtime.js'

/** Warnings of ONNX Runtime about graphs that machines write (unused constants) are of no use to anybody. */
const errorsOnly = 3

/** Makes a session of a graph; by default from its bytes. */
export type SessionMaker = (graph: OnnxGraph, options: SessionOptions) => Promise<OnnxSession>

/** A lowered graph loaded into ONNX Runtime, fed with and giving tfjs tensors. */
export class GraphSession {
  readonly #runtime: OnnxRuntime
  readonly #graph: KernelGraph
  readonly #lowered: LoweredGraph
  readonly #session: OnnxSession
  #results: Readonly<Record<string, OnnxRuntimeTensor | null>> | undefined

  private constructor(runtime: OnnxRuntime, graph: KernelGraph, lowered: LoweredGraph, session: OnnxSession) {
    this.#runtime = runtime
    this.#graph = graph
    this.#lowered = lowered
    this.#session = session
  }

  static async create(
    runtime: OnnxRuntime,
    graph: KernelGraph,
    lowered: LoweredGraph,
    { sessions = fromBytes(runtime), ...options }: SessionOptions & { readonly sessions?: SessionMaker } = {},
  ): Promise<GraphSession> {
    const session = await sessions(lowered.onnx, { logSeverityLevel: errorsOnly, ...options })
    return new GraphSession(runtime, graph, lowered, session)
  }

  /**
   * Runs the graph. `feeds` has every input that is not embedded, but for those in `ready`; the caller keeps these and
   * disposes the results.
   */
  async run(
    feeds: ReadonlyMap<ValueId, tf.Tensor>,
    ready: ReadonlyMap<ValueId, OnnxRuntimeTensor> = new Map(),
  ): Promise<{ outputs: tf.Tensor[]; assignments: tf.Tensor[] }> {
    const { outputs, assignments } = await this.runArrays(feeds, { ready })
    const graph = this.#graph
    return {
      outputs: outputs.map((output, i) => asTensor(output, graph, graph.outputs[i])),
      assignments: assignments.map((output, i) => asTensor(output, graph, graph.assignments[i].value)),
    }
  }

  /**
   * The same without making tensors of the results. With `reuse` the arrays of large outputs serve every run: they are
   * read before the next one. Assignments are always new.
   */
  async runArrays(
    feeds: ReadonlyMap<ValueId, tf.Tensor>,
    {
      reuse = false,
      ready,
    }: { readonly reuse?: boolean; readonly ready?: ReadonlyMap<ValueId, OnnxRuntimeTensor> } = {},
  ): Promise<{ outputs: OnnxRuntimeTensor[]; assignments: OnnxRuntimeTensor[] }> {
    const named: Record<string, OnnxRuntimeTensor> = {}
    for (const [value, name] of this.#lowered.inputNames) {
      const given = ready?.get(value)
      if (given !== undefined) {
        named[name] = given
        continue
      }
      const tensor = feeds.get(value)
      if (tensor === undefined) throw new Error(`input "${name}" was not fed`)
      const data = heldValues(tensor) ?? typedValues(await tensor.data(), tensor.dtype)
      named[name] = new this.#runtime.Tensor(tensor.dtype as OnnxTensorType, data, tensor.shape)
    }
    const results = await (reuse && this.#runtime.fillsResults
      ? this.#session.run(named, this.#reusedResults())
      : this.#session.run(named))
    return {
      outputs: this.#lowered.outputNames.map((name) => results[name]),
      assignments: this.#lowered.assignmentNames.map((name) => results[name]),
    }
  }

  async dispose(): Promise<void> {
    await this.#session.release()
  }

  #reusedResults(): Readonly<Record<string, OnnxRuntimeTensor | null>> {
    const results = this.#results ?? {
      ...Object.fromEntries(this.#lowered.assignmentNames.map((name) => [name, null])),
      ...Object.fromEntries(this.#lowered.outputNames.map((name, i) => [name, this.#resultOf(this.#graph.outputs[i])])),
    }
    this.#results = results
    return results
  }

  #resultOf(value: ValueId): OnnxRuntimeTensor | null {
    const { shape, dtype } = this.#graph.values[value]
    const large = dtype === 'float32' && sizeOf(shape) >= 2 ** 16 // smaller ones are copied as quickly
    return large ? new this.#runtime.Tensor('float32', new Float32Array(sizeOf(shape)), shape) : null
  }
}

/** Sessions whose weights are copied into them. */
export function fromBytes(runtime: OnnxRuntime): SessionMaker {
  return (graph, options) => startSession(runtime, encodeModel(graph), options)
}

/** A session; throws `compiler/session-refused`, or `compiler/no-provider` where it is the provider that is missing. */
export async function startSession(
  runtime: OnnxRuntime,
  model: Uint8Array | string,
  options: SessionOptions,
): Promise<OnnxSession> {
  try {
    return await runtime.InferenceSession.create(model, options)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : `${cause}`
    if (/backend not found|no available backend|provider/i.test(reason)) {
      const names = options.executionProviders?.map((provider) =>
        typeof provider === 'string' ? provider : provider.name,
      )
      throw new PixelwiseError('compiler/no-provider', {
        what: `ONNX Runtime cannot compute on ${names?.join(' or ') ?? 'any provider'} (${reason})`,
        rule: 'the provider must be part of this build of ONNX Runtime and find its device',
        next: 'ask for the provider "cpu", or install what the provider needs',
        cause,
      })
    }
    throw new PixelwiseError('compiler/session-refused', {
      what: `ONNX Runtime refuses the compiled graph (${reason})`,
      rule: 'its operators and types must be known to the execution provider',
      next: 'try the provider "cpu", or run this net eagerly',
      cause,
    })
  }
}

function asTensor({ data, dims }: OnnxRuntimeTensor, graph: KernelGraph, value: ValueId): tf.Tensor {
  return tf.tensor(data as OnnxTensorData, [...dims], graph.values[value].dtype)
}
