import * as tf from '@tensorflow/tfjs-core'
import {
  type ConstantData,
  constantValues,
  type KernelGraph,
  type KernelNode,
  sizeOf,
  type ValueId,
} from './kernel-graph.js'
import { runNode } from './replay.js'

/** Larger results are cheaper to compute again than to keep. */
const largestResult = 2 ** 16

/**
 * Computes kernels that depend on constants alone, on the tfjs backend in use.
 *
 * That backend must read values at once (`dataSync`), as the cpu and wasm backends do.
 */
export function foldConstants(graph: KernelGraph): KernelGraph {
  return folded(graph, new Map(), largestResult)
}

/** Computes kernels, of any size, that depend on constants and on inputs whose values are known. */
export function foldWeights(graph: KernelGraph, weights: ReadonlyMap<ValueId, ConstantData>): KernelGraph {
  return folded(graph, weights, Number.POSITIVE_INFINITY)
}

function folded(graph: KernelGraph, weights: ReadonlyMap<ValueId, ConstantData>, largest: number): KernelGraph {
  const known = new Map([...graph.constants.map(({ value, data }) => [value, data] as const), ...weights])
  const constants = [...graph.constants]
  const nodes = graph.nodes.filter((node) => {
    const inputs = Object.values(node.inputs)
    const small = [...inputs, ...node.outputs].every((value) => sizeOf(graph.values[value].shape) <= largest)
    if (!small || !inputs.every((value) => known.has(value))) return true
    for (const [i, data] of computed(node, known, graph).entries()) {
      known.set(node.outputs[i], data)
      constants.push({ value: node.outputs[i], data })
    }
    return false
  })
  return { ...graph, nodes, constants }
}

function computed(
  node: KernelNode,
  constants: ReadonlyMap<ValueId, ConstantData>,
  { values }: KernelGraph,
): ConstantData[] {
  const results: ConstantData[] = []
  tf.tidy(() => {
    const inputs = new Map<ValueId, tf.Tensor>()
    for (const value of Object.values(node.inputs)) {
      const data = constants.get(value)
      if (data === undefined) throw new Error(`value ${value} is no constant`)
      const info = values[value]
      inputs.set(value, tf.tensor(constantValues(data, info), [...info.shape], info.dtype))
    }
    for (const output of runNode(node, inputs)) results.push(asConstant(output))
  })
  return results
}

function asConstant(tensor: tf.Tensor): ConstantData {
  const data = tensor.dataSync()
  if (data.length > 1 && data.every((value) => Object.is(value, data[0]))) return { everywhere: data[0] }
  // Backends cast without copying: a number may lie in the array of a bool.
  if (tensor.dtype === 'float32') return Float32Array.from(data)
  return tensor.dtype === 'int32' ? Int32Array.from(data) : Uint8Array.from(data)
}
