import type { JsonValue, ModelDescription, StoredModel } from '@pixelwise/core'
import { PixelwiseError } from '@pixelwise/masks/shared'
import type { RegionNet, RegionPathway } from './region-net.js'

/**
 * What a model folder must say of a region net, for `saveModel(net.model, folder, { description })`.
 *
 * @example
 * await saveModel(net.model, 'my-net', { description: regionDescription(net) })
 * const again = storedRegionNet(await loadModel('my-net', { layers: new LayerRegistry(coreLayers, pairwiseLayers) }))
 */
export function regionDescription(
  { pathways, scored, preprocessing }: Omit<RegionNet, 'model'>,
  more: Omit<ModelDescription, 'preprocessing'> = {},
): ModelDescription {
  const regions = { scored, pathways: pathways.map((pathway) => ({ ...pathway })) }
  return { ...more, preprocessing, extensions: { ...more.extensions, regions } }
}

/**
 * The region net of a model folder.
 *
 * Throws `regions/no-region-net` where the folder's description has no pathways, and where these do not fit the model.
 */
export function storedRegionNet({ model, description }: StoredModel): RegionNet {
  const stored = description.extensions?.regions
  const regions = isRecord(stored) ? stored : {}
  const pathways = Array.isArray(regions.pathways) ? regions.pathways.filter(isPathway) : []
  const scored = regions.scored === true
  const outputs = pathways.length * (scored ? 2 : 1)
  const fits =
    Array.isArray(regions.pathways) && pathways.length === regions.pathways.length && model.outputs.length === outputs
  if (pathways.length > 0 && fits && pathways.every(({ window }, p) => model.outputs[p].shape[3] === window * window)) {
    return { model, pathways, scored, preprocessing: description.preprocessing }
  }
  throw new PixelwiseError('regions/no-region-net', {
    what: `model ${model.name} with ${model.outputs.length} outputs, described as ${JSON.stringify(stored ?? null).slice(0, 120)}`,
    rule: 'a region net is described by extensions.regions: its pathways, one output of window² channels each, and whether it scores',
    next: 'save the net with regionDescription(net) as its description',
  })
}

function isPathway(value: JsonValue): value is RegionPathway & { readonly [key: string]: JsonValue } {
  if (!isRecord(value) || typeof value.name !== 'string') return false
  const { stride, window, origin, step } = value
  const least = (number: JsonValue | undefined, from: number) => Number.isInteger(number) && Number(number) >= from
  return least(stride, 1) && least(window, 1) && least(step, 1) && least(origin, 0) && Number(origin) < Number(window)
}

function isRecord(value: JsonValue | undefined): value is { readonly [key: string]: JsonValue } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
