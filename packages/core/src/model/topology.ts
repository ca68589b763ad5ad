import { nearestName, PixelwiseError } from '@pixelwise/masks/shared'
import { type io, serialization } from '@tensorflow/tfjs-core'
import { type LayersModel, loadLayersModel } from '@tensorflow/tfjs-layers'
import type { LayerRegistry } from '../registry/layer-registry.js'
import { isObject, type ModelSource } from './model-store.js'

/**
 * Builds the layers of a `model.json` with all weights zero.
 *
 * Throws `model/unknown-layer` for a layer class that neither tfjs nor the registry has, and `model/broken-topology` for
 * what tfjs cannot build.
 */
export async function buildTopology(
  modelTopology: unknown,
  source: ModelSource,
  layers: LayerRegistry | undefined,
): Promise<LayersModel> {
  if (!isObject(modelTopology)) {
    throw brokenTopology(source, 'modelTopology is missing')
  }
  for (const className of layerClasses(modelTopology)) checkLayerClass(className, source, layers)
  try {
    return await loadLayersModel({ load: async () => new TopologyWithoutWeights(modelTopology) })
  } catch (cause) {
    throw brokenTopology(source, cause instanceof Error ? cause.message : String(cause), cause)
  }
}

/**
 * Artifacts that make tfjs build a model but set no weights.
 *
 * tfjs draws random initial weights (10 s for VGG-16) unless weights follow in the same call, which needs all of them in
 * memory at once. It asks for the weight data twice: whether there are any, then for them. The first answer here is an
 * empty list, the second none. Should a tfjs version ask once, loading fails in the tests.
 */
class TopologyWithoutWeights implements io.ModelArtifacts {
  readonly weightSpecs: io.WeightsManifestEntry[] = []
  #asked = 0

  constructor(readonly modelTopology: Record<string, unknown>) {}

  get weightData(): ArrayBuffer | undefined {
    return this.#asked++ === 0 ? new ArrayBuffer(0) : undefined
  }
}

function brokenTopology(source: ModelSource, problem: string, cause?: unknown): PixelwiseError {
  return new PixelwiseError('model/broken-topology', {
    what: `${source.location}/model.json: no model can be built from modelTopology (${problem})`,
    rule: 'model.json is in the tfjs layers format',
    next: 'restore the file, or save the model again with saveModel or LayersModel.save',
    cause,
  })
}

/** Class names of all layers, also of models and layers inside layers. */
function layerClasses(topology: unknown): Set<string> {
  const found = new Set<string>()
  const visit = (value: unknown, isLayer: boolean): void => {
    if (Array.isArray(value)) {
      for (const item of value) visit(item, isLayer)
    } else if (isObject(value)) {
      if (isLayer && typeof value.class_name === 'string') found.add(value.class_name)
      const inner = isObject(value.model_config) ? value.model_config : value
      if (Array.isArray(inner.config)) visit(inner.config, true)
      if (isObject(inner.config)) {
        visit(inner.config.layers, true)
        visit(inner.config.layer, true)
      }
    }
  }
  visit(topology, false)
  return found
}

function checkLayerClass(className: string, source: ModelSource, layers: LayerRegistry | undefined): void {
  checkRegistry(layers)
  const ours = layers?.names() ?? []
  const ourOwn = ours.filter((name) => name.includes('>'))
  const known = Object.keys(serialization.SerializationMap.getMap().classNameMap)
  const isThirdParty = className.includes('>')
  if (ours.includes(className) || (!isThirdParty && known.includes(className))) return
  const candidates = isThirdParty ? ourOwn : [...new Set([...known.filter((name) => !name.includes('>')), ...ours])]
  const near = nearestName(className, candidates)
  throw new PixelwiseError('model/unknown-layer', {
    what: `${source.location}/model.json: unknown layer class "${className}"`,
    rule: isThirdParty
      ? `layers that are not of tfjs are known through the option layers, ${ourOwn.length === 0 ? 'which has none' : `which has ${ourOwn.join(', ')}`}`
      : 'it is neither a layer of tfjs nor in the option layers',
    next: `${near === undefined ? '' : `did you mean "${near}"? `}${whereToFind(className)}`,
  })
}

/** A list of layers is easily taken for the registry, in programs without types. */
function checkRegistry(layers: LayerRegistry | undefined): void {
  if (layers === undefined || typeof layers.names === 'function') return
  throw new PixelwiseError('model/no-registry', {
    what: `the option layers is ${Array.isArray(layers) ? 'a list' : typeof layers}`,
    rule: 'it is a LayerRegistry, which knows the classes of layers by name',
    next: 'pass { layers: new LayerRegistry(coreLayers, …) }',
  })
}

function whereToFind(className: string): string {
  const publisher = className.split('>')[0]
  if (publisher === 'Pixelwise') {
    return 'pass { layers: new LayerRegistry(coreLayers, …) } with the list of the package that has it: coreLayers of @pixelwise/core, fcnLayers of @pixelwise/fcn, pairwiseLayers of @pixelwise/pairwise-regions'
  }
  const whose = publisher === className ? 'the package that made it' : `the package of ${publisher}`
  return `pass { layers: new LayerRegistry(coreLayers, …) } with the plugin list of ${whose}`
}
