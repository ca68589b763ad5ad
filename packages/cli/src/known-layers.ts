import { caffeLayers } from '@pixelwise/caffe-import'
import { coreLayers, LayerRegistry } from '@pixelwise/core'
import { pairwiseLayers } from '@pixelwise/pairwise-regions'

/** Every layer that a model folder of ours may hold. */
export function knownLayers(): LayerRegistry {
  return new LayerRegistry(coreLayers, caffeLayers, pairwiseLayers)
}
