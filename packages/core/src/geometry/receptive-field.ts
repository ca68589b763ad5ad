import { PixelwiseError } from '@pixelwise/masks/shared'
import type { LayersModel, layers, SymbolicTensor } from '@tensorflow/tfjs-layers'
import type { Shape } from '../layers/pixelwise-layer.js'
import type { LayerRegistry } from '../registry/layer-registry.js'
import { type AxisMap, bothAxes, compose, identityMap, type SpatialMap } from './spatial-map.js'

/** What the geometry of a net depends on beside its layers. */
export interface GeometryOptions {
  /** The plugins of the model's layers; they know where each layer looks. */
  readonly layers: LayerRegistry
  /** Height and width of the image, for nets whose padding depends on it (tfjs `same` padding with strides). */
  readonly inputSize?: readonly [height: number, width: number]
  /** Shapes of all inputs `[N, H, W, C]`, for nets whose inputs differ in size; taken in place of `inputSize`. */
  readonly inputShapes?: readonly Shape[]
  /** The input to look at, where a net has several. Default: the first. */
  readonly input?: SymbolicTensor
}

/**
 * Follows a model's graph backwards and answers where any of its tensors looks in the image.
 *
 * Tensors that do not depend on the chosen input, or whose position is lost on the way (flatten, global pooling),
 * have the map null.
 *
 * Source: Long 2016, §3.1 (composition of receptive fields).
 */
export class ModelGeometry {
  readonly #options: GeometryOptions
  readonly #input: SymbolicTensor
  readonly #maps = new Map<SymbolicTensor, SpatialMap | null>()
  readonly #shapes = new Map<SymbolicTensor, Shape>()

  constructor(model: Pick<LayersModel, 'inputs'>, options: GeometryOptions) {
    this.#options = options
    this.#input = options.input ?? model.inputs[0]
    for (const [i, input] of model.inputs.entries()) {
      const [batch, height, width, ...channels] = input.shape
      const [h, w] = options.inputSize ?? [height, width]
      const sized = input.shape.length === 4 ? [batch, h, w, ...channels] : input.shape
      this.#shapes.set(input, options.inputShapes?.[i] ?? sized)
      this.#maps.set(input, input === this.#input ? identityMap : null)
    }
  }

  /** Where the cells of a tensor look in the image. */
  mapOf(tensor: SymbolicTensor): SpatialMap | null {
    const known = this.#maps.get(tensor)
    if (known !== undefined) return known
    const map = this.#mapThrough(tensor)
    this.#maps.set(tensor, map)
    return map
  }

  /** The tensor's shape for the given input size; sizes that remain unknown are null. */
  shapeOf(tensor: SymbolicTensor): Shape {
    const known = this.#shapes.get(tensor)
    if (known !== undefined) return known
    const inputShapes = tensor.inputs.map((input) => this.shapeOf(input))
    const computed = tensor.sourceLayer.computeOutputShape(inputShapes.length === 1 ? inputShapes[0] : inputShapes)
    const shape = Array.isArray(computed[0])
      ? (computed as Shape[])[tensor.outputTensorIndex ?? 0]
      : (computed as Shape)
    this.#shapes.set(tensor, shape)
    return shape
  }

  #mapThrough(tensor: SymbolicTensor): SpatialMap | null {
    const layer = tensor.sourceLayer
    const below = tensor.inputs.map((input) => this.mapOf(input))
    if (below.every((map) => map === null)) return null
    const geometries = isModel(layer)
      ? this.#mapsThroughModel(layer, tensor)
      : this.#options.layers.of(layer).spatialMap(
          layer,
          tensor.inputs.map((input) => this.shapeOf(input)),
        )
    const paths = below.flatMap((inner, i) => {
      const outer = isList(geometries) ? geometries[i] : geometries
      return inner === null || outer === null ? [] : [compose(outer, inner)]
    })
    return paths.length === 0 ? null : unionOf(paths, layer.name)
  }

  /** A model used as a layer: its own maps from each of its inputs to the output in question. */
  #mapsThroughModel(model: LayersModel, tensor: SymbolicTensor): (SpatialMap | null)[] {
    const inner = model.outputs[tensor.outputTensorIndex ?? 0]
    const inputShapes = tensor.inputs.map((input) => this.shapeOf(input))
    return model.inputs.map((input) =>
      new ModelGeometry(model, { layers: this.#options.layers, inputShapes, input }).mapOf(inner),
    )
  }
}

/** Where the model's outputs look in the image, in the order of its outputs. */
export function outputMaps(model: LayersModel, options: GeometryOptions): (SpatialMap | null)[] {
  const geometry = new ModelGeometry(model, options)
  return model.outputs.map((output) => geometry.mapOf(output))
}

/** The map of each layer's first output, by layer name, in the model's order. */
export function receptiveFields(model: LayersModel, options: GeometryOptions): Map<string, SpatialMap | null> {
  const geometry = new ModelGeometry(model, options)
  return new Map(model.layers.map((layer) => [layer.name, geometry.mapOf(outputTensorOf(model, layer))]))
}

/** The tensor that a layer gives within this model (a shared layer has one per use; the first within the model counts). */
export function outputTensorOf(model: LayersModel, layer: layers.Layer): SymbolicTensor {
  const seen = new Set<SymbolicTensor>()
  const pending = [...model.outputs]
  while (pending.length > 0) {
    const tensor = pending.pop()!
    if (tensor.sourceLayer === layer && (tensor.outputTensorIndex ?? 0) === 0) return tensor
    for (const input of tensor.inputs) {
      if (seen.has(input)) continue
      seen.add(input)
      pending.push(input)
    }
  }
  const [first] = [layer.output].flat()
  return first
}

/**
 * The extent of several paths together. Paths that meet must have one stride; paths that look at the same centre keep
 * it, others give the interval that covers all.
 */
export function unionOf(maps: readonly SpatialMap[], layerName: string): SpatialMap {
  const axes = (axis: 0 | 1) => maps.map((map) => (axis === 0 ? map.rows : map.columns))
  return bothAxes((axis) => axisUnion(axes(axis), layerName))
}

function axisUnion(axes: readonly AxisMap[], layerName: string): AxisMap {
  const { stride } = axes[0]
  const odd = axes.find((axis) => Math.abs(axis.stride - stride) > 1e-9)
  if (odd !== undefined) {
    throw new PixelwiseError('geometry/strides-differ', {
      what: `${layerName} joins maps of stride ${stride} and ${odd.stride}`,
      rule: 'maps that are added or concatenated must have one stride',
      next: 'upsample the coarser map, or pool the finer one, before they meet',
    })
  }
  const first = Math.min(...axes.map((axis) => axis.offset - (axis.kernel - 1) / 2))
  const last = Math.max(...axes.map((axis) => axis.offset + (axis.kernel - 1) / 2))
  return { kernel: last - first + 1, stride, offset: (first + last) / 2 }
}

/** Whether a layer is a whole model, used as a layer. */
export function isModel(layer: layers.Layer): layer is LayersModel {
  return Array.isArray((layer as Partial<LayersModel>).layers)
}

function isList<T>(value: T | readonly T[]): value is readonly T[] {
  return Array.isArray(value)
}
