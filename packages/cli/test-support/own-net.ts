import {
  type Backbone,
  Convolution,
  coreLayers,
  identityMap,
  type LayerPlugin,
  LayerRegistry,
  MaxPooling,
  outputMaps,
  PixelwiseLayer,
  type Preprocessing,
  type Shape,
} from '@pixelwise/core'
import { mul, type Tensor } from '@tensorflow/tfjs-core'
import { input, model, type SymbolicTensor } from '@tensorflow/tfjs-layers'

/** A layer that nothing of Pixelwise knows. */
export class Double extends PixelwiseLayer {
  static readonly className = 'Testing>Double'

  inferShape([shape]: Shape[]): Shape {
    return shape
  }

  forward([x]: Tensor[]): Tensor {
    return mul(x, 2)
  }
}

const double: LayerPlugin = { layer: Double, spatialMap: () => identityMap }

/** What a plugin exports: here a registry that has Pixelwise's layers, too. */
export const layers = new LayerRegistry(coreLayers, [double])

export const preprocessing: Preprocessing = {
  inputKind: 'rgb',
  channelOrder: 'rgb',
  mean: [0, 0, 0],
  scale: [1 / 255, 1 / 255, 1 / 255],
}

/** One convolution, doubled, and a pooling: a tap of stride 2. */
export function doubled(): Backbone {
  const image = input({ shape: [null, null, 3], name: 'image' })
  const features = new Convolution({ filters: 4, kernel: 3, pad: 1, start: 'msra', seed: 1, name: 'conv' }).apply(image)
  const twice = new Double({ name: 'double' }).apply(features)
  const tap = new MaxPooling({ window: 2, name: 'tap' }).apply(twice) as SymbolicTensor // of one tensor, one
  const net = model({ name: 'doubled', inputs: image, outputs: tap })
  const [map] = outputMaps(net, { layers }) // of a chain of layers that all say where they look
  return { name: 'doubled', model: net, taps: [{ name: 'tap', channels: 4, map: map! }], preprocessing }
}

export const backbones = [['doubled', doubled]] as const
