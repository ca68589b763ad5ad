import type { LoweredGraph } from '../onnx/lower-graph.js'
import type { OnnxGraph, OnnxNode, OnnxTensor, OnnxValue } from '../onnx/onnx-graph.js'
import { type Alignment, alignGraphs, constantsOf, formsOf, sameConstant } from './align-graphs.js'
import { freeLengths } from './free-lengths.js'
import {
  type Column,
  distinctLengths,
  evaluate,
  findExpression,
  type KnownLength,
  type SizeExpression,
} from './size-expression.js'
import { SizeWriter } from './size-writer.js'
import type { OnnxAttributes } from './window-forms.js'

/** One graph for all sizes of inputs. */
export interface GeneralGraph {
  readonly onnx: OnnxGraph
  /** Whether the graph that the function has at some size is this one with that size put in; if not, the difference in words. */
  difference(lowered: LoweredGraph): string | undefined
}

/** A list of whole numbers, constant at one size, that is computed from sizes here. */
interface Computed {
  readonly node: number
  readonly input: number
  readonly elements: readonly SizeExpression[]
}

/**
 * Makes one graph for all sizes from the graphs that a function has at several sizes.
 *
 * The nodes must be the same; whole numbers that differ, such as the ends of slices and the shapes of reshapes, are
 * expressed by the lengths of values computed earlier, which ONNX's Shape reads. Pooling that rounds up makes sizes that
 * are no formula of height and width, but some earlier value has them. In words, what stands in the way, where it fails.
 */
export function generalise(samples: readonly LoweredGraph[]): GeneralGraph | string {
  const [template, ...others] = samples
  const alignments: Alignment[] = []
  for (const other of others) {
    const alignment = alignGraphs(template, other)
    if (typeof alignment === 'string') return alignment
    alignments.push(alignment)
  }
  const columnOf = (value: string, axis: number): Column =>
    samples.map(({ shapes }, i) => {
      const name = i === 0 ? value : alignments[i - 1].nameOf(value)
      return (name === undefined ? undefined : shapes.get(name)?.[axis]) ?? Number.NaN
    })
  const attributes = commonAttributes(template, alignments)
  if (typeof attributes === 'string') return attributes
  const computed = computedSizes(template, alignments, columnOf)
  if (typeof computed === 'string') return computed
  const nodes = template.onnx.nodes.map((node, i) => ({ ...node, attributes: attributes[i] }))
  const general = { ...template, onnx: { ...template.onnx, nodes } }
  return {
    onnx: withSizes(general, computed, freeLengths(samples)),
    difference: (lowered) => differenceAt(general, computed, lowered),
  }
}

/** For every node attributes that serve in all samples. */
function commonAttributes(template: LoweredGraph, alignments: readonly Alignment[]): OnnxAttributes[] | string {
  const all: OnnxAttributes[] = []
  for (const [i, node] of template.onnx.nodes.entries()) {
    const elsewhere = alignments.map((alignment) => alignment.formsAt(i))
    const common = formsOf(template, i).find((form) => elsewhere.every((forms) => includes(forms, form)))
    if (common === undefined) return `the attributes of ${node.name} depend on the size`
    all.push(common)
  }
  return all
}

function includes(forms: readonly OnnxAttributes[], wanted: OnnxAttributes): boolean {
  const text = JSON.stringify(wanted)
  return forms.some((form) => JSON.stringify(form) === text)
}

function computedSizes(
  template: LoweredGraph,
  alignments: readonly Alignment[],
  columnOf: (value: string, axis: number) => Column,
): Computed[] | string {
  const constants = constantsOf(template)
  let known = distinctLengths(template.onnx.inputs.flatMap((input) => lengthsOf(input.name, template, columnOf)))
  const computed: Computed[] = []
  for (const [i, node] of template.onnx.nodes.entries()) {
    for (const [j, input] of node.inputs.entries()) {
      const constant = constants.get(input)
      if (constant === undefined) continue
      const twins = alignments.map((alignment) => alignment.constantAt(i, j))
      if (twins.every((twin) => twin !== undefined && sameConstant(constant, twin))) continue
      const elements = expressed([constant, ...twins], known)
      if (elements === undefined) return `input ${j} of ${node.name} depends on the size`
      computed.push({ node: i, input: j, elements })
    }
    known = distinctLengths([...known, ...node.outputs.flatMap((output) => lengthsOf(output, template, columnOf))])
  }
  return computed
}

function lengthsOf(
  value: string,
  { shapes }: LoweredGraph,
  columnOf: (value: string, axis: number) => Column,
): KnownLength[] {
  return (shapes.get(value) ?? []).map((_, axis) => ({ value, axis, column: columnOf(value, axis) }))
}

function expressed(
  tensors: readonly (OnnxTensor | undefined)[],
  known: readonly KnownLength[],
): SizeExpression[] | undefined {
  const lists = tensors.map((tensor) => (tensor?.data instanceof BigInt64Array ? Array.from(tensor.data, Number) : []))
  if (lists.some(({ length }) => length === 0 || length !== lists[0].length)) return undefined
  const elements: SizeExpression[] = []
  for (const position of lists[0].keys()) {
    const element = findExpression(
      lists.map((list) => list[position]),
      known,
    )
    if (element === undefined) return undefined
    elements.push(element)
  }
  return elements
}

function withSizes(
  { onnx }: LoweredGraph,
  computed: readonly Computed[],
  { inputs, outputs }: { readonly inputs: readonly OnnxValue[]; readonly outputs: readonly OnnxValue[] },
): OnnxGraph {
  const nodes: OnnxNode[] = []
  const writer = new SizeWriter(nodes, valueNames(onnx))
  for (const [i, node] of onnx.nodes.entries()) {
    const own = [...node.inputs]
    for (const { input, elements } of computed.filter((each) => each.node === i)) own[input] = writer.list(elements)
    nodes.push({ ...node, inputs: own })
  }
  const read = new Set(nodes.flatMap((node) => node.inputs))
  const initializers = [...onnx.initializers, ...writer.constants].filter(({ name }) => read.has(name))
  return { ...onnx, inputs, outputs, nodes, initializers }
}

function valueNames({ inputs, initializers, nodes }: OnnxGraph): Set<string> {
  return new Set([...[...inputs, ...initializers].map(({ name }) => name), ...nodes.flatMap((node) => node.outputs)])
}

function differenceAt(
  template: LoweredGraph,
  computed: readonly Computed[],
  lowered: LoweredGraph,
): string | undefined {
  const alignment = alignGraphs(template, lowered)
  if (typeof alignment === 'string') return alignment
  const constants = constantsOf(template)
  const expressions = new Map(computed.map(({ node, input, elements }) => [`${node} ${input}`, elements]))
  for (const [i, node] of template.onnx.nodes.entries()) {
    if (!includes(alignment.formsAt(i), node.attributes)) return `${node.name} has other attributes`
    for (const [j, input] of node.inputs.entries()) {
      const constant = constants.get(input)
      const there = alignment.constantAt(i, j)
      if (constant === undefined || there === undefined) continue
      const elements = expressions.get(`${i} ${j}`)
      const same =
        elements === undefined
          ? sameConstant(constant, there)
          : elements.every(
              (element, k) =>
                BigInt(
                  evaluate(
                    element,
                    ({ value, axis }) => lowered.shapes.get(alignment.nameOf(value) ?? '')?.[axis] ?? 0,
                  ),
                ) === there.data[k],
            )
      if (!same) return `input ${j} of ${node.name} is not what its sizes say`
    }
  }
  return undefined
}
