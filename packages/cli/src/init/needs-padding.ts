import type { BackboneBuilder } from '@pixelwise/backbones'
import { type Backbone, CropLike, coreLayers, LayerRegistry, ModelGeometry, type Registry } from '@pixelwise/core'
import { fcn } from '@pixelwise/fcn'
import { PixelwiseError } from '@pixelwise/masks/shared'
import type { LayersModel, SymbolicTensor } from '@tensorflow/tfjs-layers'
import type { InitNet } from './config-text.js'

/** What the published FCNs lay around the image. */
const publishedPad = 100

/** The same net, with the published padding where it needs some and none was asked for. */
export function withPadding(net: InitNet, backbones: Registry<BackboneBuilder>): InitNet {
  if ('recipe' in net || net.pad !== undefined) return net
  const backbone = backbones.get(net.backbone)({ width: 1 / 16 })
  return needsPadding(backbone, net.stride) ? { ...net, pad: publishedPad } : net
}

/**
 * Whether the scores of an FCN end before some images do. First layers that pad less than they take away leave too few
 * cells to crop, in some nets at every size, in some at every other.
 */
function needsPadding(backbone: Backbone, stride: number): boolean {
  try {
    const model = fcn(backbone, { classes: 1, stride })
    const period = Math.max(...backbone.taps.map(({ map }) => map.rows.stride))
    const sizes = Array.from({ length: period }, (_, i) => 8 * period + i)
    const fits = sizes.every((size) => cropsFit(model, size))
    model.dispose()
    return !fits
  } catch (error) {
    // Whatever else is wrong with the net, training says.
    if (error instanceof PixelwiseError) return error.code === 'alignment/between-cells'
    throw error
  }
}

function cropsFit(model: LayersModel, size: number): boolean {
  const geometry = new ModelGeometry(model, { layers: new LayerRegistry(coreLayers), inputSize: [size, size] })
  return model.layers.every((layer) => {
    if (!(layer instanceof CropLike)) return true
    const [map, like] = (layer.input as SymbolicTensor[]).map((tensor) => geometry.shapeOf(tensor))
    return layer.config.offset.every((offset, axis) => offset + Number(like[axis + 1]) <= Number(map[axis + 1]))
  })
}
