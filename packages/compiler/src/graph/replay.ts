import * as tf from '@tensorflow/tfjs-core'
import { constantValues, type KernelGraph, type KernelNode, resultsOf, type ValueId } from './kernel-graph.js'

/** What a replayed graph gives; the caller disposes all of it. */
export interface Replayed {
  readonly outputs: tf.Tensor[]
  /** The values that the graph assigns, in the order of `graph.assignments`. */
  readonly assignments: tf.Tensor[]
}

/**
 * Runs the kernels of a graph, one by one, on the tfjs backend in use: the compiler's oracle.
 *
 * `feeds` has a tensor for every input; the caller keeps them.
 */
export function replay(graph: KernelGraph, feeds: ReadonlyMap<ValueId, tf.Tensor>): Replayed {
  const results = tf.tidy(() => {
    const tensors = new Map(feeds)
    for (const { value, data } of graph.constants) {
      const info = graph.values[value]
      tensors.set(value, tf.tensor(constantValues(data, info), [...info.shape], info.dtype))
    }
    for (const node of graph.nodes) {
      for (const [i, output] of runNode(node, tensors).entries()) tensors.set(node.outputs[i], output)
    }
    return resultsOf(graph).map((value) => tf.clone(tensorOf(tensors, value)))
  })
  return { outputs: results.slice(0, graph.outputs.length), assignments: results.slice(graph.outputs.length) }
}

/** Runs one kernel on the tfjs backend in use. */
export function runNode(node: KernelNode, tensors: ReadonlyMap<ValueId, tf.Tensor>): tf.Tensor[] {
  const named = Object.entries(node.inputs).map(([name, value]) => [name, tensorOf(tensors, value)] as const)
  const isList = named.length > 0 && named.every(([name], i) => name === `${i}`)
  // tfjs passes lists of tensors where its types speak of tensors by name.
  const inputs = isList
    ? (named.map(([, tensor]) => tensor) as unknown as tf.NamedTensorMap)
    : Object.fromEntries(named)
  const outputs: tf.Tensor | tf.Tensor[] = tf.engine().runKernel(node.kernel, inputs, node.attributes as never)
  return [outputs].flat()
}

function tensorOf(tensors: ReadonlyMap<ValueId, tf.Tensor>, value: ValueId): tf.Tensor {
  const tensor = tensors.get(value)
  if (tensor === undefined) throw new Error(`value ${value} of the graph was not fed`)
  return tensor
}
