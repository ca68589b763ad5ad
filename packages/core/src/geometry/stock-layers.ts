import { serialization } from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-layers' // registers its classes by name
import type { layers } from '@tensorflow/tfjs-layers'
import type { LayerClass, LayerGeometry, LayerPlugin, Shape } from '../layers/pixelwise-layer.js'
import { bothAxes, identityMap, type SpatialMap, translation } from './spatial-map.js'

/**
 * The geometry of tfjs's own layers, so that any model made of them can be inspected and aligned.
 *
 * Layers that act on each cell alone share one rule; those that flatten or pool globally lose the position.
 */
export const stockLayers: readonly LayerPlugin[] = [
  ...[
    ...['InputLayer', 'Activation', 'ReLU', 'LeakyReLU', 'PReLU', 'ELU', 'ThresholdedReLU', 'Softmax'],
    ...['Dropout', 'SpatialDropout1D', 'GaussianNoise', 'GaussianDropout', 'AlphaDropout'],
    ...['BatchNormalization', 'LayerNormalization'],
    ...['Add', 'Average', 'Multiply', 'Maximum', 'Minimum', 'Concatenate'],
  ].map((name) => stock(name, () => identityMap)),
  ...['Flatten', 'Reshape', 'GlobalAveragePooling2D', 'GlobalMaxPooling2D'].map((name) => stock(name, () => null)),
  ...['Conv2D', 'DepthwiseConv2D', 'SeparableConv2D'].map((name) =>
    stock(name, convolutionGeometry, convolutionMultiplyAdds),
  ),
  ...['MaxPooling2D', 'AveragePooling2D'].map((name) => stock(name, poolingGeometry)),
  stock('Conv2DTranspose', transposedGeometry, transposedMultiplyAdds),
  stock('ZeroPadding2D', ({ padding }) => translation([-edges(padding)[0][0], -edges(padding)[1][0]])),
  stock('Cropping2D', ({ cropping }) => translation([edges(cropping)[0][0], edges(cropping)[1][0]])),
  stock('UpSampling2D', ({ size, interpolation }) =>
    interpolation === 'bilinear' ? bilinearUpsampling(pair(size)) : nearestUpsampling(pair(size)),
  ),
  stock('Dense', denseGeometry, denseMultiplyAdds),
]

/** A layer's saved configuration; its fields depend on the class, which each rule below knows. */
// biome-ignore lint/suspicious/noExplicitAny: tfjs configurations are untyped JSON.
type Config = any

/** tfjs-layers does not export its classes, but knows them by name once it is imported. */
function stock(
  className: string,
  geometry: (config: Config, inputShapes: Shape[]) => LayerGeometry,
  multiplyAdds?: (layer: layers.Layer, inputShapes: Shape[], outputShape: Shape) => number,
): LayerPlugin {
  const [layer] = serialization.SerializationMap.getMap().classNameMap[className]
  return {
    layer: layer as unknown as LayerClass,
    spatialMap: (instance, inputShapes) => geometry(instance.getConfig(), inputShapes),
    ...(multiplyAdds && { multiplyAdds }),
  }
}

function convolutionGeometry(config: Config, [input]: Shape[]): SpatialMap {
  const kernel = pair(config.kernelSize)
  const dilation = pair(config.dilationRate ?? 1)
  const extent: [number, number] = [(kernel[0] - 1) * dilation[0] + 1, (kernel[1] - 1) * dilation[1] + 1]
  return slidingWindow(extent, pair(config.strides), config.padding, input)
}

function poolingGeometry(config: Config, [input]: Shape[]): SpatialMap {
  return slidingWindow(pair(config.poolSize), pair(config.strides), config.padding, input)
}

function slidingWindow(
  extent: readonly [number, number],
  strides: readonly [number, number],
  padding: string,
  input: Shape,
): SpatialMap {
  return bothAxes((axis) => {
    const kernel = extent[axis]
    const stride = strides[axis]
    const pad = padding === 'same' ? samePad(input[axis + 1], kernel, stride) : 0
    return { kernel, stride, offset: (kernel - 1) / 2 - pad }
  })
}

/**
 * Cells that TensorFlow's `same` padding adds before the first: half of what the output size ceil(size/stride) needs,
 * rounded down. With strides it depends on the size; where that is free, sizes that are multiples of the stride are meant.
 */
function samePad(size: number | null, kernel: number, stride: number): number {
  const total = size === null ? kernel - stride : (Math.ceil(size / stride) - 1) * stride + kernel - size
  return Math.floor(Math.max(0, total) / 2)
}

/** A transposed convolution reads the pattern of the convolution it reverses; `same` takes off half of kernel − stride. */
function transposedGeometry(config: Config): SpatialMap {
  const kernel = pair(config.kernelSize)
  const strides = pair(config.strides)
  return bothAxes((axis) => {
    const stride = strides[axis]
    const pad = config.padding === 'same' ? Math.floor(Math.max(0, kernel[axis] - stride) / 2) : 0
    return {
      kernel: (kernel[axis] - 1) / stride + 1,
      stride: 1 / stride,
      offset: (pad - (kernel[axis] - 1) / 2) / stride,
    }
  })
}

/** Output cell j copies input cell ⌊j/factor⌋, whose centre lies within half a cell of `j/factor − (factor − 1)/(2·factor)`. */
function nearestUpsampling(factor: readonly [number, number]): SpatialMap {
  return bothAxes((axis) => ({
    kernel: 2 - 1 / factor[axis],
    stride: 1 / factor[axis],
    offset: -(factor[axis] - 1) / (2 * factor[axis]),
  }))
}

/** Output cell j lies at `j/factor` and reads the cells on both sides, at most `(factor − 1)/factor` away. */
function bilinearUpsampling(factor: readonly [number, number]): SpatialMap {
  return bothAxes((axis) => ({ kernel: 3 - 2 / factor[axis], stride: 1 / factor[axis], offset: 0 }))
}

/** On `[N, H, W, C]` a dense layer is a 1×1 convolution; on a flat vector there is no position left. */
function denseGeometry(_config: Config, [input]: Shape[]): LayerGeometry {
  return input.length === 4 ? identityMap : null
}

function convolutionMultiplyAdds(layer: layers.Layer, _inputs: Shape[], output: Shape): number {
  const perCell = layer.weights.filter(({ shape }) => shape.length === 4).reduce((sum, w) => sum + sizeOf(w.shape), 0)
  return cells(output) * perCell
}

function transposedMultiplyAdds(layer: layers.Layer, [input]: Shape[]): number {
  return cells(input) * sizeOf(layer.weights[0].shape)
}

function denseMultiplyAdds(layer: layers.Layer, [input]: Shape[]): number {
  return (input.length === 4 ? cells(input) : 1) * sizeOf(layer.weights[0].shape)
}

/** Spatial cells of `[N, H, W, C]` for one image. */
export function cells(shape: Shape): number {
  return (shape[1] ?? Number.NaN) * (shape[2] ?? Number.NaN)
}

function sizeOf(shape: Shape): number {
  return shape.reduce<number>((product, size) => product * (size ?? Number.NaN), 1)
}

function pair(value: number | readonly number[]): [number, number] {
  return typeof value === 'number' ? [value, value] : [value[0], value[1] ?? value[0]]
}

function edges(value: number | readonly (number | readonly number[])[]): [[number, number], [number, number]] {
  const [rows, columns] = typeof value === 'number' ? [value, value] : value
  return [pair(rows), pair(columns)]
}
