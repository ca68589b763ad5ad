import { type KernelGraph, type KernelNode, usesIn, type ValueId } from './kernel-graph.js'

/**
 * Gathers a convolution, its bias and a ReLU in one kernel, as tfjs itself does where no gradients are asked for.
 *
 * ReLU's gradient takes the step of what ReLU gives, not of what it was given, which are the same; otherwise the sums
 * before it would have to be kept for the backward pass.
 */
export function fuseActivations(graph: KernelGraph): KernelGraph {
  return fuseRelu(fuseBias(signsOfResults(graph)))
}

/** Step(x) → Step(Relu(x)): 0 where x ≤ 0, 1 where x > 0, and NaN stays. */
function signsOfResults(graph: KernelGraph): KernelGraph {
  const rectified = new Map<ValueId, ValueId>()
  const nodes = graph.nodes.map((node) => {
    const { kernel, inputs, attributes } = node
    if (kernel === 'Relu') rectified.set(inputs.x, node.outputs[0])
    const result = rectified.get(inputs.x)
    if (kernel !== 'Step' || result === undefined || Number(attributes.alpha ?? 0) !== 0) return node
    return { ...node, inputs: { x: result } }
  })
  return { ...graph, nodes }
}

function fuseBias(graph: KernelGraph): KernelGraph {
  // tfjs-layers gives a bias the rank of the map.
  const reshaped = new Map(
    graph.nodes.flatMap(({ kernel, inputs, outputs }) => (kernel === 'Reshape' ? [[outputs[0], inputs.x]] : [])),
  )
  return intoProducers(graph, ({ kernel, inputs, outputs }, producers) => {
    if (kernel !== 'Add') return undefined
    for (const [sum, added] of [
      [inputs.a, inputs.b],
      [inputs.b, inputs.a],
    ]) {
      const convolution = producers.get(sum)
      if (convolution?.kernel !== 'Conv2D') continue
      const channels = graph.values[sum].shape[3]
      const last = graph.values[added].shape.at(-1)
      const bias = [added, reshaped.get(added)].find(
        (value) => value !== undefined && `${graph.values[value].shape}` === `${channels}`,
      )
      if (bias === undefined || last !== channels) continue
      return {
        ...convolution,
        kernel: 'FusedConv2D',
        inputs: { ...convolution.inputs, bias },
        attributes: { ...convolution.attributes, activation: 'linear' },
        outputs,
      }
    }
    return undefined
  })
}

function fuseRelu(graph: KernelGraph): KernelGraph {
  return intoProducers(graph, ({ kernel, inputs, outputs }, producers) => {
    const convolution = kernel === 'Relu' ? producers.get(inputs.x) : undefined
    if (convolution?.kernel !== 'FusedConv2D' || convolution.attributes.activation !== 'linear') return undefined
    return { ...convolution, attributes: { ...convolution.attributes, activation: 'relu' }, outputs }
  })
}

/** Replaces nodes by what `fuse` makes of them and of the producer of a value that nobody else reads. */
function intoProducers(
  graph: KernelGraph,
  fuse: (node: KernelNode, producers: ReadonlyMap<ValueId, KernelNode>) => KernelNode | undefined,
): KernelGraph {
  const uses = usesIn(graph)
  const producers = new Map<ValueId, KernelNode>()
  const nodes = graph.nodes.map((original) => {
    const node = fuse(original, producers) ?? original
    const [output] = node.outputs
    if (node.outputs.length === 1 && uses.get(output) === 1) producers.set(output, node)
    return node
  })
  return { ...graph, nodes } // the producers are dead code now
}
