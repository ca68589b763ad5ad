import { type Backbone, coreLayers, LayerRegistry, ModelGeometry, PixelwiseError } from '@pixelwise/core'
import { nearestName } from '@pixelwise/masks/shared'
import { type LayersModel, type layers, model } from '@tensorflow/tfjs-layers'

/**
 * The same backbone with other taps: outputs of its layers, by the layers' names, under names of your choice.
 *
 * Region pathways read features before a pooling, where backbones often end their stages behind it. The layers are
 * shared with the backbone. `registry` knows where the layers look; default the layers of `core`.
 * Throws `backbone/no-such-layer`, and `backbone/no-position` for a layer whose features lie nowhere in the image.
 *
 * @example
 * retapped(vgg16(), { conv2_2: 'relu2_2', conv3_3: 'relu3_3' })
 */
export function retapped(
  backbone: Backbone,
  taps: Readonly<Record<string, string>>,
  registry: LayerRegistry = new LayerRegistry(coreLayers),
): Backbone {
  const geometry = new ModelGeometry(backbone.model, { layers: registry })
  const found = Object.entries(taps).map(([name, layerName]) => {
    const tensor = [layerOf(backbone.model, layerName).output].flat()[0]
    const map = geometry.mapOf(tensor)
    const channels = tensor.shape[3]
    if (tensor.shape.length !== 4 || map === null || typeof channels !== 'number') {
      throw new PixelwiseError('backbone/no-position', {
        what: `layer "${layerName}" of ${backbone.name} gives no map of features`,
        rule: 'a tap is a layer whose cells lie in the image: [N, H, W, C]',
        next: 'choose a layer before the features are flattened or averaged',
      })
    }
    return { tensor, tap: { name, channels, map } }
  })
  return {
    ...backbone,
    model: model({
      name: backbone.model.name,
      inputs: backbone.model.inputs,
      outputs: found.map(({ tensor }) => tensor),
    }),
    taps: found.map(({ tap }) => tap),
  }
}

function layerOf(of: LayersModel, name: string): layers.Layer {
  const layer = of.layers.find((candidate) => candidate.name === name)
  if (layer !== undefined) return layer
  const names = of.layers.map((candidate) => candidate.name)
  const near = nearestName(name, names)
  throw new PixelwiseError('backbone/no-such-layer', {
    what: `"${name}" is no layer of ${of.name}`,
    rule: 'taps are outputs of its layers',
    next: near === undefined ? 'list them with describeModel' : `did you mean "${near}"?`,
  })
}
