import type { LoweredGraph } from '../onnx/lower-graph.js'
import type { OnnxNode, OnnxTensor } from '../onnx/onnx-graph.js'
import { type OnnxAttributes, windowForms } from './window-forms.js'

/** How the names of one graph correspond to those of another with the same nodes. */
export interface Alignment {
  /** The other graph's name of a value. */
  nameOf(value: string): string | undefined
  /** Sets of attributes with which the other graph's node computes the same there. */
  formsAt(node: number): OnnxAttributes[]
  /** The other graph's constant behind an input of a node, where it has one. */
  constantAt(node: number, input: number): OnnxTensor | undefined
}

/**
 * Follows two graphs, node by node, that came from the same function at different sizes. Constants and attributes may
 * differ, types of inputs, operators and what these read may not; in words, what differs, where they do.
 */
export function alignGraphs(template: LoweredGraph, other: LoweredGraph): Alignment | string {
  const [a, b] = [template.onnx, other.onnx]
  if (a.nodes.length !== b.nodes.length) return `${a.nodes.length} nodes become ${b.nodes.length}`
  const changed = a.inputs.findIndex(({ type }, i) => type !== b.inputs[i]?.type)
  if (changed >= 0) return `${a.inputs[changed].type} becomes ${b.inputs[changed]?.type} in input ${changed}`
  const [constantsA, constantsB] = [constantsOf(template), constantsOf(other)]
  const names = new Map(a.inputs.map(({ name }, i) => [name, b.inputs[i]?.name]))
  for (const [i, node] of a.nodes.entries()) {
    const twin = b.nodes[i]
    const difference = nodeDifference(node, twin)
    if (difference !== undefined) return difference
    for (const [j, input] of node.inputs.entries()) {
      const isConstant = constantsA.has(input)
      if (input === '' ? twin.inputs[j] === '' : isConstant && constantsB.has(twin.inputs[j])) continue
      if (isConstant || names.get(input) !== twin.inputs[j]) return `input ${j} of ${node.name} comes from elsewhere`
    }
    for (const [j, output] of node.outputs.entries()) names.set(output, twin.outputs[j])
  }
  return {
    nameOf: (value) => names.get(value),
    formsAt: (node) => formsOf(other, node),
    constantAt: (node, input) => constantsB.get(b.nodes[node].inputs[input]),
  }
}

/** Sets of attributes with which a node computes the same; its own first. */
export function formsOf({ onnx, shapes }: LoweredGraph, node: number): OnnxAttributes[] {
  return windowForms(onnx.nodes[node], shapes.get(onnx.nodes[node].inputs[0]))
}

/** The tensors that a graph holds, by name. */
export function constantsOf({ onnx }: LoweredGraph): Map<string, OnnxTensor> {
  return new Map(onnx.initializers.map((tensor) => [tensor.name, tensor]))
}

/** Whether two constants are equal. Weights are shared and not compared number by number. */
export function sameConstant(a: OnnxTensor, b: OnnxTensor): boolean {
  if (a.type !== b.type || `${a.shape}` !== `${b.shape}` || a.data.length !== b.data.length) return false
  if (a.data === b.data) return true
  for (let i = 0; i < a.data.length; i++) if (!Object.is(a.data[i], b.data[i])) return false
  return true
}

function nodeDifference(a: OnnxNode, b: OnnxNode): string | undefined {
  if (a.operator !== b.operator) return `${a.name} becomes ${b.operator}`
  if (a.inputs.length === b.inputs.length && a.outputs.length === b.outputs.length) return undefined
  return `${a.name} takes other inputs`
}
