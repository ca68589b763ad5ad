import { identityMap, type LayerPlugin, PixelwiseLayer, type Shape, translation } from '@pixelwise/core'
import { PixelwiseError } from '@pixelwise/masks/shared'
import { concat, slice, type Tensor, tile } from '@tensorflow/tfjs-core'
import { shapeText } from '../names.js'
import { ourAxis } from './axes.js'

export interface AxisConfig {
  /** The axis of `[N, H, W, C]`. */
  readonly axis: number
}

/** Joins maps along any axis (Caffe: Concat where it does not join channels). */
export class AxisConcatenation extends PixelwiseLayer<AxisConfig> {
  static readonly className = 'Pixelwise>CaffeAxisConcatenation'

  override inferShape(inputs: Shape[]): Shape {
    const { axis } = this.config
    const joined = inputs.reduce((sum: number | null, shape) => {
      const size = shape[axis]
      return sum === null || size === null ? null : sum + size
    }, 0)
    return inputs[0].map((size, i) => (i === axis ? joined : size))
  }

  override forward(inputs: Tensor[]): Tensor {
    return concat(inputs, this.config.axis)
  }
}

export interface AxisSliceConfig extends AxisConfig {
  /** Where the parts after the first begin. */
  readonly points: readonly number[]
}

/** Cuts a map into parts along an axis (Caffe: Slice); one output per part. */
export class AxisSlice extends PixelwiseLayer<AxisSliceConfig> {
  static readonly className = 'Pixelwise>CaffeAxisSlice'

  override inferShape([input]: Shape[]): Shape[] {
    const { axis, points } = this.config
    return [0, ...points].map((start, i) =>
      input.map((size, j) => {
        if (j !== axis) return size
        const end = points[i] ?? size
        return end === null ? null : end - start
      }),
    )
  }

  override forward([x]: Tensor[]): Tensor[] {
    const { axis, points } = this.config
    return [0, ...points].map((start, i) => {
      const begin = x.shape.map((_, j) => (j === axis ? start : 0))
      const size = x.shape.map((_, j) => (j === axis ? (points[i] ?? x.shape[axis]) - start : -1))
      return slice(x, begin, size)
    })
  }
}

export interface AxisCropConfig {
  /** The first of Caffe's axes that is cropped; those behind it are too. */
  readonly axis: number
  /** Values skipped along each cropped axis, in Caffe's order. */
  readonly offsets: readonly number[]
}

/** Cuts the first input to the sizes of the second, from any of Caffe's axes on (Caffe: Crop). */
export class AxisCrop extends PixelwiseLayer<AxisCropConfig> {
  static readonly className = 'Pixelwise>CaffeAxisCrop'

  override inferShape([input, reference]: Shape[]): Shape {
    const cropped = this.#croppedAxes()
    return input.map((size, axis) => (cropped.has(axis) ? reference[axis] : size))
  }

  override forward([x, reference]: Tensor[]): Tensor {
    const cropped = this.#croppedAxes()
    const begin = x.shape.map((_, axis) => cropped.get(axis) ?? 0)
    const size = x.shape.map((length, axis) => (cropped.has(axis) ? reference.shape[axis] : length))
    if (begin.some((start, axis) => start + size[axis] > x.shape[axis])) {
      throw new PixelwiseError('crop/does-not-fit', {
        what: `${this.name}: ${shapeText(size)} at ${shapeText(begin)} sticks out of ${shapeText(x.shape)}`,
        rule: 'offset and size together must stay inside the map',
        next: 'check the offsets of the crop layer, or feed an input of the size the net was made for',
      })
    }
    return slice(x, begin, size)
  }

  /** Our axes that are cropped, with their offsets. */
  #croppedAxes(): Map<number, number> {
    const { axis, offsets } = this.config
    return new Map(offsets.map((offset, i) => [ourAxis(axis + i), offset]))
  }
}

export interface TileConfig extends AxisConfig {
  readonly count: number
}

/** Repeats a map along an axis (Caffe: Tile). */
export class Tile extends PixelwiseLayer<TileConfig> {
  static readonly className = 'Pixelwise>CaffeTile'

  override inferShape([input]: Shape[]): Shape {
    const { axis, count } = this.config
    return input.map((size, i) => (i === axis && size !== null ? size * count : size))
  }

  override forward([x]: Tensor[]): Tensor {
    const { axis, count } = this.config
    return tile(
      x,
      x.shape.map((_, i) => (i === axis ? count : 1)),
    )
  }
}

const keepsPosition = (axis: number) => (axis === 1 || axis === 2 ? null : identityMap)

export const axisConcatenationLayer: LayerPlugin<AxisConcatenation> = {
  layer: AxisConcatenation,
  spatialMap: ({ config }) => keepsPosition(config.axis),
}
export const axisSliceLayer: LayerPlugin<AxisSlice> = {
  layer: AxisSlice,
  spatialMap: ({ config }) => keepsPosition(config.axis),
}
export const axisCropLayer: LayerPlugin<AxisCrop> = {
  layer: AxisCrop,
  spatialMap: ({ config: { axis, offsets } }) => [translation([offsets[2 - axis] ?? 0, offsets[3 - axis] ?? 0]), null],
}
export const tileLayer: LayerPlugin<Tile> = { layer: Tile, spatialMap: ({ config }) => keepsPosition(config.axis) }
