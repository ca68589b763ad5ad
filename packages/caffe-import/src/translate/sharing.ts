import type { LayersModel, layers } from '@tensorflow/tfjs-layers'
import { shortName } from '../names.js'
import type { LayerReport } from './report.js'

/**
 * Whether a model whose layers have several uses survives being saved and loaded. tfjs stores the uses of a layer by
 * number, and loads them in rounds over the layers: each use as soon as what it reads is there. One that gets ahead of an
 * earlier use of its layer would take that one's number.
 */
export function loadsInOrder({ layers }: LayersModel): boolean {
  const loaded = new Map(layers.map((layer) => [layer, isInput(layer) ? 1 : 0]))
  let waiting = layers
    .filter((layer) => !isInput(layer))
    .flatMap((layer) => layer.inboundNodes.map((use, number) => ({ layer, use, number })))
  while (waiting.length > 0) {
    const later: typeof waiting = []
    for (const one of waiting) {
      const { layer, use, number } = one
      if (use.inboundLayers.some((below, i) => (loaded.get(below) ?? 0) <= use.nodeIndices[i])) later.push(one)
      else if (loaded.get(layer) !== number) return false
      else loaded.set(layer, number + 1)
    }
    if (later.length === waiting.length) return false
    waiting = later
  }
  return true
}

/** Inputs are there before anything reads them. */
function isInput({ inboundNodes }: layers.Layer): boolean {
  return inboundNodes.every(({ inboundLayers }) => inboundLayers.length === 0)
}

/** Says of layers that share parameters whether they are one layer of the model, or hold copies. */
export function sharingNotes(layers: readonly LayerReport[], sharing: boolean): string[] {
  return layers.flatMap(({ name, modelName, parameters }) => {
    const froms = parameters.map(({ from }) => from).filter((from) => from.startsWith(sharedWith))
    const owners = [...new Set(froms.map((from) => from.slice(sharedWith.length)))]
    if (owners.length === 0) return []
    const [owner] = layers.filter((other) => other.name === owners[0])
    const isOne = modelName !== undefined && modelName === (owner?.modelName ?? owner?.name)
    const other = owners.map((one) => `"${shortName(one)}"`).join(', ')
    if (isOne)
      return [`layer "${shortName(name)}" shares all parameters of ${other}: one layer of the model serves both`]
    const why = sharing
      ? 'the layers differ otherwise'
      : 'tfjs would mix up the uses of a shared layer when it loads it'
    return [`layer "${shortName(name)}" holds a copy of parameters of ${other}, and they would learn apart: ${why}`]
  })
}

const sharedWith = 'shared with '
