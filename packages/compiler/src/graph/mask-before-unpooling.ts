import { type KernelGraph, type KernelNode, usesIn, type ValueId } from './kernel-graph.js'

/**
 * Applies the gradient of a ReLU before that of the pooling behind it, where it concerns the maxima alone: a quarter of the
 * cells and less.
 *
 *     MaxPoolGrad(dy, r, p) · Step(r)  →  MaxPoolGrad(dy · Step(p), r, p)
 *
 * The pooling's gradient lies where r is the maximum p of a window, so that the steps of r and p are the same there.
 */
export function maskBeforeUnpooling(graph: KernelGraph): KernelGraph {
  const producers = new Map(graph.nodes.flatMap((node) => node.outputs.map((value) => [value, node])))
  const uses = usesIn(graph)
  const values = [...graph.values]
  const replaced = new Map<KernelNode, readonly KernelNode[]>()
  for (const node of graph.nodes) {
    const found = maskedGradient(node, producers)
    if (found === undefined || uses.get(found.gradient.outputs[0]) !== 1) continue
    const { gradient, step } = found
    const { dy, output } = gradient.inputs
    const [mask, masked] = [values.push(graph.values[output]) - 1, values.push(graph.values[dy]) - 1]
    replaced.set(gradient, [
      { ...step, inputs: { x: output }, outputs: [mask] },
      { ...node, inputs: { a: dy, b: mask }, outputs: [masked] },
      { ...gradient, inputs: { ...gradient.inputs, dy: masked }, outputs: node.outputs },
    ])
    replaced.set(node, [])
  }
  return { ...graph, values, nodes: graph.nodes.flatMap((node) => replaced.get(node) ?? [node]) }
}

/** The product of a pooling's gradient with the step of the map that was pooled. */
function maskedGradient(
  { kernel, inputs }: KernelNode,
  producers: ReadonlyMap<ValueId, KernelNode>,
): { gradient: KernelNode; step: KernelNode } | undefined {
  if (kernel !== 'Multiply') return undefined
  const factors = [inputs.a, inputs.b].map((value) => producers.get(value))
  const gradient = factors.find((factor) => factor?.kernel === 'MaxPoolGrad')
  const step = factors.find((factor) => factor?.kernel === 'Step' && Number(factor.attributes.alpha ?? 0) === 0)
  if (gradient === undefined || step === undefined || step.inputs.x !== gradient.inputs.input) return undefined
  return { gradient, step }
}
