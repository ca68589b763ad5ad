import type { OnnxAttribute, OnnxNode } from '../onnx/onnx-graph.js'

export type OnnxAttributes = Readonly<Record<string, OnnxAttribute>>

const poolings = ['MaxPool', 'AveragePool']

/**
 * Attributes with which a convolution or pooling computes the same on a map of this shape, `[N, C, H, W]`; its own first.
 *
 * How far the last window sticks out depends on the size of the map, and with it the padding that is written down. Equal
 * padding on both sides with rounding down or up, or padding that keeps the size, say the same for every size.
 */
export function windowForms(
  { operator, attributes }: OnnxNode,
  shape: readonly number[] | undefined,
): OnnxAttributes[] {
  if (operator !== 'Conv' && !poolings.includes(operator)) return [attributes]
  const { kernel_shape, strides, dilations = [1, 1], pads } = attributes
  if (shape === undefined || !isList(kernel_shape) || !isList(strides) || !isList(dilations) || !isList(pads)) {
    return [attributes]
  }
  const axes = [0, 1].map((axis) => ({
    size: shape[axis + 2],
    reach: (kernel_shape[axis] - 1) * dilations[axis] + 1,
    stride: strides[axis],
    before: pads[axis],
    after: pads[axis + 2],
  }))
  const symmetric = [...pads.slice(0, 2), ...pads.slice(0, 2)]
  const forms = [attributes]
  if (axes.every((axis) => outputs(axis) === outputs({ ...axis, after: axis.before }))) {
    forms.push({ ...attributes, pads: symmetric })
  }
  if (poolings.includes(operator) && axes.every((axis) => outputs(axis) === outputsRoundedUp(axis))) {
    forms.push({ ...attributes, pads: symmetric, ceil_mode: 1 })
  }
  if (axes.every(keepsSize)) {
    const { pads: _, ...rest } = attributes
    forms.push({ ...rest, auto_pad: 'SAME_UPPER' })
  }
  return forms
}

interface WindowAxis {
  readonly size: number
  readonly reach: number
  readonly stride: number
  readonly before: number
  readonly after: number
}

function outputs({ size, reach, stride, before, after }: WindowAxis): number {
  return Math.floor((size + before + after - reach) / stride) + 1
}

/** Windows that stick out count, unless they start beyond the map. */
function outputsRoundedUp({ size, reach, stride, before }: WindowAxis): number {
  const count = Math.ceil((size + 2 * before - reach) / stride) + 1
  return (count - 1) * stride >= size + before ? count - 1 : count
}

/** ⌈size / stride⌉ windows with the padding on both sides, one cell more after than before where it is odd. */
function keepsSize(axis: WindowAxis): boolean {
  const { size, reach, stride, before, after } = axis
  const count = Math.ceil(size / stride)
  const cells = Math.max(0, (count - 1) * stride + reach - size)
  return outputs(axis) === count && before === Math.floor(cells / 2) && after === cells - before
}

function isList(value: OnnxAttribute): value is readonly number[] {
  return Array.isArray(value)
}
