import type { Backbone } from '@pixelwise/core'
import type { serialization } from '@tensorflow/tfjs-core'
import { input, type LayersModel, type layers, model, type SymbolicTensor } from '@tensorflow/tfjs-layers'

/**
 * A copy of a backbone whose layers have other names: two trunks can then be parts of one net.
 *
 * The copy has weights of its own with the same numbers; the original stays as it is, and its owner disposes it.
 * Source: the published net nyud-fcn32s-color-hha, whose layers end in `color` and `hha`.
 */
export function renameLayers(backbone: Backbone, rename: (name: string) => string): Backbone {
  return { ...backbone, model: renamedModel(backbone.model, rename) }
}

function renamedModel(original: LayersModel, rename: (name: string) => string): LayersModel {
  const copies = new Map<layers.Layer, layers.Layer>()
  const copyOf = (layer: layers.Layer): layers.Layer => {
    const known = copies.get(layer)
    if (known !== undefined) return known
    const copy = likeness(layer, rename(layer.name))
    copies.set(layer, copy)
    return copy
  }
  const images = original.inputs.map(({ sourceLayer, shape }) =>
    input({ shape: shape.slice(1), name: rename(sourceLayer.name) }),
  )
  const done = new Map<SymbolicTensor, SymbolicTensor>(original.inputs.map((tensor, i) => [tensor, images[i]]))
  const visit = (tensor: SymbolicTensor): SymbolicTensor => {
    const known = done.get(tensor)
    if (known !== undefined) return known
    const below = tensor.inputs.map(visit)
    const layer = copyOf(tensor.sourceLayer)
    const outputs = [layer.apply(below.length === 1 ? below[0] : below)].flat() as SymbolicTensor[]
    layer.setWeights(tensor.sourceLayer.getWeights())
    const output = outputs[tensor.outputTensorIndex ?? 0]
    done.set(tensor, output)
    return output
  }
  return model({ name: original.name, inputs: images, outputs: original.outputs.map(visit) })
}

/** A layer of the same configuration; its first weights are not drawn, as others follow. */
function likeness(layer: layers.Layer, name: string): layers.Layer {
  // Every layer class makes a layer from its own configuration; the type of `constructor` does not say so.
  const layerClass = layer.constructor as unknown as serialization.SerializableConstructor<layers.Layer>
  const copy = layerClass.fromConfig(layerClass, { ...layer.getConfig(), name })
  copy.setFastWeightInitDuringBuild(true)
  return copy
}
