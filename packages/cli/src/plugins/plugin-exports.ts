import type { BackboneBuilder } from '@pixelwise/backbones'
import type { Backbone, LayerPlugin } from '@pixelwise/core'
import { PixelwiseError } from '@pixelwise/masks/shared'

type Exports = Readonly<Record<string, unknown>>

/**
 * The layers that a plugin exports: a `LayerRegistry`, or a list of `LayerPlugin`s.
 *
 * A registry is known by what it does, as it may come from another copy of its package. Throws `plugin/no-layers`.
 */
export function layerPlugins(name: string, { layers }: Exports): LayerPlugin[] {
  if (layers === undefined) return []
  const list = isRegistry(layers) ? layers.names().map((layer) => layers.get(layer)) : layers
  if (!Array.isArray(list)) throw noLayers(name, 'layers', layers)
  return list.map((plugin, i) => {
    if (isLayerPlugin(plugin)) return plugin
    throw noLayers(name, `layers[${i}]`, plugin)
  })
}

/** The backbones that a plugin exports: a registry, or a list of names with their builders. Throws `plugin/no-backbones`. */
export function backboneEntries(name: string, { backbones }: Exports): (readonly [string, BackboneBuilder])[] {
  if (backbones === undefined) return []
  const list = isRegistry(backbones) ? backbones.names().map((one) => [one, backbones.get(one)]) : backbones
  if (!Array.isArray(list)) throw noBackbones(name, 'backbones', backbones)
  return list.map((entry, i) => {
    if (isBackboneEntry(entry)) return entry
    throw noBackbones(name, `backbones[${i}]`, entry)
  })
}

/** A builder whose result is looked at: plugins are written in JavaScript, too. Throws `plugin/not-a-backbone`. */
export function checkedBuilder(name: string, build: BackboneBuilder): BackboneBuilder {
  return (options) => {
    const built: Partial<Backbone> | null | undefined = build(options)
    const { model, taps, preprocessing } = built ?? {}
    const isBackbone = Array.isArray(taps) && Array.isArray(model?.outputs) && preprocessing !== undefined
    if (isBackbone && taps.length === model?.outputs.length) return built as Backbone
    throw new PixelwiseError('plugin/not-a-backbone', {
      what: `the function of backbone "${name}" returned ${described(built)}`,
      rule: 'a backbone is { name, model, taps, preprocessing }, with one tap for each output of the model',
      next: 'return that; the type Backbone of @pixelwise/core says what each is',
    })
  }
}

interface AnyRegistry {
  names(): string[]
  get(name: string): unknown
}

function isRegistry(value: unknown): value is AnyRegistry {
  if (typeof value !== 'object' || value === null) return false
  return 'names' in value && typeof value.names === 'function' && 'get' in value && typeof value.get === 'function'
}

function isLayerPlugin(value: unknown): value is LayerPlugin {
  if (typeof value !== 'object' || value === null) return false
  return 'layer' in value && typeof value.layer === 'function' && 'spatialMap' in value && isFunction(value.spatialMap)
}

function isBackboneEntry(value: unknown): value is readonly [string, BackboneBuilder] {
  return Array.isArray(value) && typeof value[0] === 'string' && value[0] !== '' && isFunction(value[1])
}

function isFunction(value: unknown): boolean {
  return typeof value === 'function'
}

function noLayers(name: string, where: string, value: unknown): PixelwiseError {
  return new PixelwiseError('plugin/no-layers', {
    what: `plugin ${name}: ${where} is ${described(value)}`,
    rule: 'layers is a LayerRegistry or a list of { layer, spatialMap }',
    next: 'export const layers = [{ layer: YourLayer, spatialMap: () => identityMap }]',
  })
}

function noBackbones(name: string, where: string, value: unknown): PixelwiseError {
  return new PixelwiseError('plugin/no-backbones', {
    what: `plugin ${name}: ${where} is ${described(value)}`,
    rule: 'backbones is a registry or a list of [name, function that returns a Backbone]',
    next: 'export const backbones = [["your-name", yourBackbone]]',
  })
}

/** What a value is, in a few words. */
function described(value: unknown): string {
  if (typeof value === 'function') return `the function or class ${value.name || '(anonymous)'}`
  if (Array.isArray(value)) return `a list of ${value.length}`
  if (typeof value !== 'object' || value === null) return String(value)
  const keys = Object.keys(value).slice(0, 8)
  return `${value.constructor?.name ?? 'an object'} { ${keys.join(', ')} }`
}
