import { PixelwiseError } from '@pixelwise/masks/shared'
import type { LayersModel, layers, SymbolicTensor } from '@tensorflow/tfjs-layers'
import { isModel, ModelGeometry } from '../geometry/receptive-field.js'
import { type AxisMap, compose, identityMap, type SpatialMap } from '../geometry/spatial-map.js'
import type { Shape } from '../layers/pixelwise-layer.js'
import type { LayerRegistry } from '../registry/layer-registry.js'
import type { TileNeeds } from './tile-plan.js'

/** Height and width in pixels. */
export type Size = readonly [height: number, width: number]

/**
 * What a model needs around each output pixel, for rows and for columns, from the geometry of its layers.
 *
 * Throws `tiling/no-position` for a net that flattens or pools globally on the way to the output, and
 * `tiling/not-pixelwise` when its output is not at the input's resolution.
 */
export function tileNeeds(
  model: LayersModel,
  output: number,
  size: Size,
  registry: LayerRegistry,
): [rows: TileNeeds, columns: TileNeeds] {
  const places = placesOf(model, output, size, registry)
  const { map } = places.get(keyOf('', model.outputs[output]))!
  const maps = [...places.values()].map((place) => place.map)
  return [
    axisNeeds(
      map.rows,
      maps.map(({ rows }) => rows),
      model.name,
    ),
    axisNeeds(
      map.columns,
      maps.map(({ columns }) => columns),
      model.name,
    ),
  ]
}

function axisNeeds({ kernel, stride, offset }: AxisMap, all: readonly AxisMap[], name: string): TileNeeds {
  if (Math.abs(stride - 1) > tolerance) {
    throw new PixelwiseError('tiling/not-pixelwise', {
      what: `model "${name}" gives one result every ${Number(stride.toFixed(4))} pixels for an image of this size`,
      rule: 'a net that is tiled gives one for each pixel',
      next: 'upsample by the total stride (BilinearUpsampling) and crop (CropLike); resizing to the image fits only where its size is a multiple of the stride',
    })
  }
  const reach = (kernel - 1) / 2
  return {
    before: Math.max(0, Math.ceil(reach - offset - tolerance)),
    after: Math.max(0, Math.ceil(reach + offset - tolerance)),
    stride: all.reduce((common, axis) => leastCommonMultiple(common, wholeShift(axis.stride)), 1),
  }
}

/**
 * Checks that every layer looks at a tile just as it looks at the image; one that resizes to a given size may not.
 *
 * Throws `tiling/size-dependent`, naming the layer.
 */
export function checkSameGeometry(
  model: LayersModel,
  output: number,
  image: Size,
  tile: Size,
  registry: LayerRegistry,
): void {
  const ofTile = placesOf(model, output, tile, registry)
  const differing = [...placesOf(model, output, image, registry)].filter(([key, { map }]) => {
    const inTile = ofTile.get(key)?.map
    return !(inTile && sameAxis(map.rows, inTile.rows) && sameAxis(map.columns, inTile.columns))
  })
  // Places are found from the output backwards, so the last one is where the difference begins.
  const [, first] = differing.at(-1) ?? []
  if (first === undefined) return
  throw new PixelwiseError('tiling/size-dependent', {
    what: `layer "${first.layerName}" looks elsewhere in a tile of ${tile.join('×')} than in the image of ${image.join('×')}`,
    rule: 'a net that is tiled has no layer that depends on the size of the image',
    next: 'upsample by a fixed factor (BilinearUpsampling), or predict the whole image',
  })
}

/** Where one tensor inside a model looks in the image. */
interface Place {
  readonly layerName: string
  readonly map: SpatialMap
}

/** The places of all tensors whose values reach the output, by a key that is the same for every image size. */
function placesOf(model: LayersModel, output: number, size: Size, registry: LayerRegistry): Map<string, Place> {
  const places = new Map<string, Place>()
  const [batch, , , channels] = model.inputs[0].shape
  const inputShapes = [[batch, ...size, channels]]
  const level = { model, output: model.outputs[output], inputShapes, inputMaps: [identityMap], path: '' }
  collectPlaces(level, registry, places)
  return places
}

/** A model or one that is nested in it, whose inputs look at the image through `inputMaps`. */
interface Level {
  readonly model: LayersModel
  readonly output: SymbolicTensor
  readonly inputShapes: readonly Shape[]
  readonly inputMaps: readonly (SpatialMap | null)[]
  readonly path: string
}

function collectPlaces(level: Level, registry: LayerRegistry, places: Map<string, Place>): void {
  const { model, inputShapes, inputMaps, path } = level
  const geometries = model.inputs.map((input) => new ModelGeometry(model, { layers: registry, inputShapes, input }))
  const mapOf = (tensor: SymbolicTensor): SpatialMap | null => {
    const paths = geometries.flatMap((geometry, i) => {
      const [inner, outer] = [geometry.mapOf(tensor), inputMaps[i]]
      return inner === null || outer === null ? [] : [compose(inner, outer)]
    })
    return paths[0] ?? null
  }
  const pending = [level.output]
  for (let tensor = pending.pop(); tensor !== undefined; tensor = pending.pop()) {
    if (places.has(keyOf(path, tensor))) continue
    const layer = tensor.sourceLayer
    const map = mapOf(tensor)
    if (map === null) throw noPosition(model, layer)
    places.set(keyOf(path, tensor), { layerName: layer.name, map })
    const shapes = tensor.inputs.map((input) => geometries[0].shapeOf(input))
    if (isModel(layer)) {
      const inner: Level = {
        model: layer,
        output: layer.outputs[tensor.outputTensorIndex ?? 0],
        inputShapes: shapes,
        inputMaps: tensor.inputs.map(mapOf),
        path: `${keyOf(path, tensor)}/`,
      }
      collectPlaces(inner, registry, places)
    }
    pending.push(...valueInputs(tensor, shapes, registry))
  }
}

/** The inputs whose values matter, unlike those that only give a size. */
function valueInputs(tensor: SymbolicTensor, shapes: Shape[], registry: LayerRegistry): SymbolicTensor[] {
  const layer = tensor.sourceLayer
  if (tensor.inputs.length === 0 || isModel(layer)) return tensor.inputs
  const geometry = registry.of(layer).spatialMap(layer, shapes)
  return Array.isArray(geometry) ? tensor.inputs.filter((_, i) => geometry[i] !== null) : tensor.inputs
}

function noPosition(model: LayersModel, layer: layers.Layer): PixelwiseError {
  return new PixelwiseError('tiling/no-position', {
    what: `layer "${layer.name}" of model "${model.name}" sees the whole image`,
    rule: 'a net that is tiled sees a bounded part of the image at each pixel',
    next: 'predict the whole image, or leave out the flattening or global pooling',
  })
}

function keyOf(path: string, tensor: SymbolicTensor): string {
  return `${path}${tensor.id}`
}

function sameAxis(a: AxisMap, b: AxisMap): boolean {
  const near = (x: number, y: number) => Math.abs(x - y) <= tolerance
  return near(a.kernel, b.kernel) && near(a.stride, b.stride) && near(a.offset, b.offset)
}

/** The smallest shift in whole pixels that moves cells `stride` pixels apart by whole cells: 8 → 8, 3/2 → 3, 1/4 → 1. */
function wholeShift(stride: number): number {
  for (let cells = 1; cells <= mostCells; cells++) {
    const pixels = stride * cells
    if (Math.abs(pixels - Math.round(pixels)) < tolerance) return Math.round(pixels)
  }
  throw new PixelwiseError('tiling/size-dependent', {
    what: `a layer has one cell every ${Number(stride.toFixed(4))} pixels for an image of this size`,
    rule: `a net that is tiled has strides that are fractions with a denominator up to ${mostCells}`,
    next: 'upsample by a fixed factor (BilinearUpsampling), or predict the whole image',
  })
}

function leastCommonMultiple(a: number, b: number): number {
  let [x, y] = [a, b]
  while (y !== 0) [x, y] = [y, x % y]
  return (a / x) * b
}

const mostCells = 64
const tolerance = 1e-6
