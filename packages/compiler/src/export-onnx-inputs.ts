import { PixelwiseError } from '@pixelwise/masks/shared'
import type { LayersModel } from '@tensorflow/tfjs-layers'
import type { KernelGraph } from './graph/kernel-graph.js'
import type { TensorSignature } from './trace/trace.js'

/** Throws `onnx/bad-input` unless there is one shape per input, of whole numbers that the model takes. */
export function checkShapes(model: LayersModel, inputs: readonly TensorSignature[]): void {
  const fits = model.inputs.every(({ shape }, i) => isOf(inputs[i]?.shape, shape))
  if (fits && inputs.length === model.inputs.length) return
  const taken = model.inputs.map(({ shape, sourceLayer }) => {
    return `"${sourceLayer.name}" of [${shape.map((length) => length ?? 'any').join(', ')}]`
  })
  throw new PixelwiseError('onnx/bad-input', {
    what: `model "${model.name}" was given inputs ${JSON.stringify(inputs)}`,
    rule: `its file needs one shape per input, of whole numbers: ${taken.join(' and ')}`,
    next: 'pass { inputs: [{ shape: [1, 500, 500, 3] }] } or the like, or leave them out for a file of all sizes',
  })
}

function isOf(given: readonly number[] | undefined, shape: readonly (number | null)[]): boolean {
  if (!Array.isArray(given) || given.length !== shape.length) return false
  return given.every((length, axis) => Number.isInteger(length) && length > 0 && length === (shape[axis] ?? length))
}

/** Throws `onnx/bad-input` where the inputs are too small for the net. */
export function checkMaps(model: LayersModel, { nodes, values }: KernelGraph): void {
  for (const { kernel, layer, outputs } of nodes) {
    const empty = outputs.map((value) => values[value].shape).find((shape) => shape.some((length) => length < 1))
    if (empty === undefined) continue
    throw new PixelwiseError('onnx/bad-input', {
      what: `${layer === undefined ? `kernel "${kernel}"` : `layer "${layer}"`} of model "${model.name}" gives [${empty.join(', ')}]`,
      rule: 'the inputs must be large enough to leave every layer a cell',
      next: 'pass larger shapes as { inputs }',
    })
  }
}
