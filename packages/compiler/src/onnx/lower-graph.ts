import { inputsOf, type KernelGraph, resultsOf, type ValueId } from '../graph/kernel-graph.js'
import type { KernelRegistry } from '../kernels/kernel-definition.js'
import { standardKernels } from '../kernels/standard-kernels.js'
import { type ConvolutionChoice, LoweringContext, type LoweringSettings, noLowering } from './lowering-context.js'
import { OnnxBuilder } from './onnx-builder.js'
import type { OnnxGraph, OnnxTensor, OnnxValue } from './onnx-graph.js'
import { uniqueName } from './unique-name.js'

/** How a kernel graph is written in ONNX's operators. */
export interface LowerOptions {
  /** Values of captured inputs that become part of the file (weights for prediction); the others stay inputs. */
  readonly embed?: ReadonlyMap<ValueId, Float32Array | Int32Array | Uint8Array>
  readonly kernels?: KernelRegistry
  /** Names of the outputs, in order; `output_<position>` by default. */
  readonly outputNames?: readonly string[]
  readonly name?: string
  /**
   * Winograd's convolution where it is faster (`auto`, the default), nowhere (`direct`) or wherever it is possible. It
   * takes less than half of the multiplications of a wide layer and agrees with direct convolution to about 1e-5.
   */
  readonly convolution?: ConvolutionChoice
  /** Whether to use only operators that every reader of ONNX files knows, also where others are faster. Default false. */
  readonly portable?: boolean
  /** Whether maps in tfjs's order may be enlarged, as ONNX Runtime's CPU provider can; WebGPU's gives wrong numbers. */
  readonly channelsLast?: boolean
  /**
   * Forms of computation by the position of their kernel: what is given is taken, and what is chosen is added. Pass the
   * same map with graphs of one function at several sizes that must have the same nodes.
   */
  readonly choices?: Map<number, string>
  /** Whether nothing but lists of whole numbers may depend on the size of the inputs. Default: whether there are `choices`. */
  readonly freeSizes?: boolean
}

/** An ONNX graph, and how its inputs and outputs belong to those of the kernel graph. */
export interface LoweredGraph {
  readonly onnx: OnnxGraph
  /** Name in ONNX of each input that is not embedded. */
  readonly inputNames: ReadonlyMap<ValueId, string>
  /** Names in ONNX of `graph.outputs`. */
  readonly outputNames: readonly string[]
  /** Names in ONNX of `graph.assignments`. */
  readonly assignmentNames: readonly string[]
  /** Shapes of the traced values, by their names in ONNX. */
  readonly shapes: ReadonlyMap<string, readonly number[]>
}

/**
 * Writes a kernel graph in the operators of ONNX. Inputs and outputs keep tfjs's shapes (`[N, H, W, C]`).
 *
 * Throws `compiler/no-lowering` naming the kernel and its layer.
 */
export function lowerGraph(graph: KernelGraph, options: LowerOptions = {}): LoweredGraph {
  const { embed = new Map(), kernels = standardKernels(), name = 'pixelwise' } = options
  const taken = new Set<string>()
  const builder = new OnnxBuilder(graph.values, taken)
  const weights: OnnxTensor[] = []
  const inputs: OnnxValue[] = []
  const inputNames = new Map<ValueId, string>()
  for (const { value, name: wanted } of graph.inputs) {
    const unique = uniqueName(wanted, taken)
    const { shape, dtype: type } = graph.values[value]
    const data = embed.get(value)
    if (data === undefined) {
      inputs.push({ name: unique, shape, type })
      inputNames.set(value, unique)
    } else weights.push({ name: unique, shape, type, data })
    builder.define(value, unique)
  }
  const resultNames = resultsOf(graph).map((_, i) => uniqueName(proposedName(graph, i, options.outputNames), taken))
  for (const { value, data } of graph.constants) builder.defineConstant(value, data)
  const constants = new Set([...embed.keys(), ...graph.constants.map(({ value }) => value)])
  const results = new Set(resultsOf(graph))
  const settings: LoweringSettings = {
    convolution: options.convolution ?? 'auto',
    choices: options.choices ?? new Map(),
    freeSizes: options.freeSizes ?? options.choices !== undefined,
    portable: options.portable ?? false,
    channelsLast: options.channelsLast ?? false,
    isConstant: (value) => constants.has(value),
    isResult: (value) => results.has(value),
  }
  for (const [position, node] of graph.nodes.entries()) {
    const { lower, types } = kernels.get(node.kernel)
    if (lower === undefined) throw noLowering(node)
    const unfit = inputsOf(node).find((value) => types?.includes(graph.values[value].dtype) === false)
    if (unfit !== undefined) throw noLowering(node, `inputs of type ${graph.values[unfit].dtype}`)
    lower(new LoweringContext(node, builder, settings, position))
  }

  const outputs = resultsOf(graph).map((value, i): OnnxValue => {
    const name = resultNames[i]
    const [source, attributes] = [builder.read(value, 'nhwc'), {}]
    builder.nodes.push({ operator: 'Identity', name: `result/${name}`, inputs: [source], outputs: [name], attributes })
    const { shape, dtype: type } = graph.values[value]
    return { name, shape, type }
  })
  const read = new Set(builder.nodes.flatMap((node) => node.inputs))
  const initializers = [...weights, ...builder.initializers].filter((tensor) => read.has(tensor.name))
  return {
    onnx: { name, inputs, outputs, initializers, nodes: builder.nodes },
    inputNames,
    outputNames: resultNames.slice(0, graph.outputs.length),
    assignmentNames: resultNames.slice(graph.outputs.length),
    shapes: builder.namedShapes(),
  }
}

function proposedName({ outputs }: KernelGraph, result: number, outputNames: readonly string[] = []): string {
  return result < outputs.length ? (outputNames[result] ?? `output_${result}`) : `assigned_${result}`
}
