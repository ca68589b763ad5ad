import { nearestName, PixelwiseError, type Registry } from '@pixelwise/masks/shared'
import { shortName } from '../names.js'
import type { BlobVersion, Graph, GraphLayer } from '../net/graph.js'
import { place } from '../prototxt/tokens.js'
import { isData, isLoss, isMeasuring, translatorName } from './layer-roles.js'
import type { LayerTranslator } from './translator.js'

/** Which layers the model needs for its outputs. */
export interface Plan {
  readonly needed: ReadonlySet<GraphLayer>
  readonly outputs: readonly BlobVersion[]
  /** Why the others are left out. */
  readonly skipped: ReadonlyMap<GraphLayer, string>
}

/**
 * Chooses the outputs (those asked for, else every blob that no layer of the model reads) and walks back from them.
 *
 * Throws `caffe/unknown-output`, `caffe/no-output`, `caffe/unknown-layer-type` for a layer that an output
 * depends on, or any while no outputs are asked for.
 */
export function planNet(
  graph: Graph,
  translators: Registry<LayerTranslator>,
  name: string,
  wanted?: readonly string[],
): Plan {
  const skipped = new Map<GraphLayer, string>()
  const writers = new Map<BlobVersion, GraphLayer>()
  for (const layer of graph.layers) {
    for (const top of layer.tops) writers.set(top, layer)
    const reason = reasonToSkip(layer, translators)
    if (reason === unknownReason && wanted === undefined) throw unknownType(layer, translators, name)
    if (reason !== undefined) skipped.set(layer, reason)
  }
  const outputs = wanted === undefined ? openEnds(graph, skipped) : wanted.map((blob) => lastVersion(graph, blob, name))
  if (outputs.length === 0) {
    throw new PixelwiseError('caffe/no-output', {
      what: `${name}: no layer of ${graph.layers.length} gives an output`,
      rule: 'a net has at least one blob that no other layer reads',
      next: 'check the phase (a net may hold only data layers in TRAIN or TEST), or name outputs',
    })
  }
  const needed = new Set<GraphLayer>()
  const pending = outputs.flatMap((blob) => writers.get(blob) ?? [])
  while (pending.length > 0) {
    const layer = pending.pop()
    if (layer === undefined || needed.has(layer)) continue
    if (skipped.has(layer)) throw unknownType(layer, translators, name)
    needed.add(layer)
    for (const bottom of layer.bottoms)
      pending.push(...(writers.get(bottom) === undefined ? [] : [writers.get(bottom)!]))
  }
  for (const layer of graph.layers) {
    if (!needed.has(layer) && !skipped.has(layer)) skipped.set(layer, 'no output depends on it')
  }
  return { needed, outputs, skipped }
}

function reasonToSkip(layer: GraphLayer, translators: Registry<LayerTranslator>): string | undefined {
  if (translators.has(translatorName(layer)) || isData(layer)) return undefined
  if (isLoss(layer)) return 'loss: kept as training information'
  if (isMeasuring(layer)) return layer.type === 'Silence' ? 'only marks blobs as unread' : 'only measures'
  return layer.type === 'Python' ? `no translator for ${shortName(translatorName(layer))}` : unknownReason
}

const unknownReason = 'unknown layer type'

/** Blobs of layers in the model that only left-out layers read. A second top (switches) that nobody reads is no output. */
function openEnds(graph: Graph, skipped: ReadonlyMap<GraphLayer, string>): BlobVersion[] {
  const read = new Set(graph.layers.flatMap((layer) => (skipped.has(layer) ? [] : layer.bottoms)))
  return graph.layers
    .filter((layer) => !skipped.has(layer) && !isData(layer))
    .flatMap(({ type, tops }) => (type === 'Pooling' ? tops.slice(0, 1) : tops))
    .filter((blob) => !read.has(blob))
}

function lastVersion(graph: Graph, blob: string, name: string): BlobVersion {
  const versions = graph.layers.flatMap(({ tops }) => tops).filter((top) => top.name === blob)
  const last = versions.at(-1)
  if (last !== undefined) return last
  const names = graph.layers.flatMap(({ tops }) => tops.map((top) => top.name))
  const near = blob.length < 80 ? nearestName(blob, names.filter((one) => one.length < 80).slice(0, 5000)) : undefined
  throw new PixelwiseError('caffe/unknown-output', {
    what: `${name}: no blob "${shortName(blob)}"`,
    rule: 'outputs are blobs of the net',
    next: near === undefined ? 'take the name of a top' : `did you mean "${near}"?`,
  })
}

function unknownType(layer: GraphLayer, translators: Registry<LayerTranslator>, name: string): PixelwiseError {
  const type = translatorName(layer)
  const known = translators.names()
  const near = type.length < 80 ? nearestName(type, known) : undefined
  const isKnownLoss = isLoss(layer) || isMeasuring(layer)
  return new PixelwiseError('caffe/unknown-layer-type', {
    what: `${place(name, layer.at)}: layer "${shortName(layer.name)}" has type "${shortName(type)}"`,
    rule: isKnownLoss ? 'the model computes no losses' : `known: ${known.join(', ')}`,
    next:
      near !== undefined && !isKnownLoss
        ? `did you mean "${near}"?`
        : 'name outputs that do not depend on it, or add a translator: caffeTranslators().add(…)',
  })
}
