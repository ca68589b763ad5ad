import { PixelwiseError } from '@pixelwise/masks/shared'
import type { LayersModel, layers, SymbolicTensor } from '@tensorflow/tfjs-layers'
import type { Shape } from '../layers/pixelwise-layer.js'
import { type GeometryOptions, ModelGeometry, outputTensorOf } from './receptive-field.js'
import type { SpatialMap } from './spatial-map.js'

/** One layer of a model, as `pixelwise inspect` prints it. */
export interface LayerDescription {
  readonly name: string
  readonly className: string
  /** Output shape `[N, H, W, C]`; null where it is free. */
  readonly shape: Shape
  readonly parameters: number
  /** Multiply-adds of one forward pass for one image; NaN while the input size is free, 0 without products of weights. */
  readonly multiplyAdds: number
  /** Where a cell of this layer looks in the image; null where position is lost. */
  readonly receptiveField: SpatialMap | null
  /** Names of the layers it reads. */
  readonly inputs: readonly string[]
}

/**
 * All layers of a model in its order: shapes, parameters, multiply-adds and receptive fields.
 *
 * Throws `geometry/input-too-small` where the image is smaller than what a layer looks at.
 */
export function describeModel(model: LayersModel, options: GeometryOptions): LayerDescription[] {
  const geometry = new ModelGeometry(model, options)
  return model.layers.map((layer) => describeLayer(layer, outputTensorOf(model, layer), geometry, options))
}

function describeLayer(
  layer: layers.Layer,
  output: SymbolicTensor,
  geometry: ModelGeometry,
  options: GeometryOptions,
): LayerDescription {
  const shape = geometry.shapeOf(output)
  requireCells(layer.name, shape, options)
  const inputShapes = output.inputs.map((input) => geometry.shapeOf(input))
  return {
    name: layer.name,
    className: layer.getClassName(),
    shape,
    parameters: layer.countParams(),
    multiplyAdds: multiplyAdds(layer, inputShapes, shape, options),
    receptiveField: geometry.mapOf(output),
    inputs: output.inputs.map((input) => input.sourceLayer.name),
  }
}

function requireCells(name: string, shape: Shape, { inputSize }: GeometryOptions): void {
  if (shape.every((size) => size === null || size > 0)) return
  throw new PixelwiseError('geometry/input-too-small', {
    what: `${name} has an output of ${shape.slice(1).join('×')}${inputSize === undefined ? '' : ` for images of ${inputSize.join('×')}`}`,
    rule: 'an image is at least as large as what each layer looks at',
    next: 'give a larger size',
  })
}

function multiplyAdds(layer: layers.Layer, inputShapes: Shape[], output: Shape, options: GeometryOptions): number {
  const nested = (layer as Partial<LayersModel>).layers
  if (nested === undefined) return options.layers.of(layer).multiplyAdds?.(layer, inputShapes, output) ?? 0
  const rows = describeModel(layer as LayersModel, { layers: options.layers, inputShapes })
  return rows.reduce((sum, row) => sum + row.multiplyAdds, 0)
}
