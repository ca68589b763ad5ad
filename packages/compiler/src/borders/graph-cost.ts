import { type KernelGraph, type KernelNode, sizeOf, type ValueInfo } from '../graph/kernel-graph.js'
import { costsOf, forwardWork, rates } from '../kernels/convolution-costs.js'
import { convolutionInfo, windowsOf } from '../kernels/windows.js'

const convolutions = ['Conv2D', 'FusedConv2D']
const depthwise = ['DepthwiseConv2dNative', 'FusedDepthwiseConv2D']

/** About how many nanoseconds a graph takes on one thread; good for comparing graphs of the same function. */
export function graphCost(graph: KernelGraph): number {
  return graph.nodes.reduce((sum, node) => sum + nodeCost(node, graph.values), 0)
}

/** Multiplications with the weights of its convolutions that a graph takes. */
export function graphMultiplications(graph: KernelGraph): number {
  return graph.nodes.reduce((sum, node) => sum + multiplications(node, graph.values), 0)
}

function nodeCost(node: KernelNode, values: readonly ValueInfo[]): number {
  const { inputs, attributes, outputs } = node
  const written = outputs.reduce((sum, value) => sum + sizeOf(values[value].shape), 0)
  if (convolutions.includes(node.kernel) && attributes.dataFormat !== 'NCHW') {
    const [x, filter] = [values[inputs.x].shape, values[inputs.filter].shape]
    const windows = windowsOf(convolutionInfo(x, filter, attributes))
    return Math.min(...Object.values(costsOf(forwardWork({ x, filter, windows, constant: true }))))
  }
  return rates.moved * written + rates.blocked * multiplications(node, values)
}

function multiplications({ kernel, inputs, outputs }: KernelNode, values: readonly ValueInfo[]): number {
  const isDepthwise = depthwise.includes(kernel)
  if (!isDepthwise && !convolutions.includes(kernel)) return 0
  const [height, width, channels] = values[inputs.filter].shape
  return sizeOf(values[outputs[0]].shape) * height * width * (isDepthwise ? 1 : channels)
}
