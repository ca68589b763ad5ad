import { pathToFileURL } from 'node:url'
import { type BackboneBuilder, backboneRegistry } from '@pixelwise/backbones'
import { caffeLayers } from '@pixelwise/caffe-import'
import { coreLayers, LayerRegistry, Registry } from '@pixelwise/core'
import { PixelwiseError } from '@pixelwise/masks/shared'
import { pairwiseLayers } from '@pixelwise/pairwise-regions'
import type { FoundPlugin } from './find-plugins.js'
import { backboneEntries, checkedBuilder, layerPlugins } from './plugin-exports.js'

/** All that a command knows by name: what Pixelwise has, and what plugins add. */
export interface Known {
  /** Every layer that a model folder may hold. */
  readonly layers: LayerRegistry
  readonly backbones: Registry<BackboneBuilder>
  readonly plugins: readonly FoundPlugin[]
}

/**
 * Imports plugins, one after the other, and adds what they export to what is known without them.
 *
 * Throws `plugin/fails` for a module that cannot be imported, `plugin/exports-nothing`, `plugin/no-layers` and
 * `plugin/no-backbones` for exports of another form, and `registry/duplicate` and the errors of `LayerRegistry`, with the
 * name of the plugin, for names that are taken.
 */
export async function loadPlugins(plugins: readonly FoundPlugin[]): Promise<Known> {
  const layers = new LayerRegistry(coreLayers, caffeLayers, pairwiseLayers)
  const backbones = backboneRegistry()
  for (const { name, file } of plugins) {
    const exported = await importPlugin(name, file)
    const [ownLayers, ownBackbones] = [layerPlugins(name, exported), backboneEntries(name, exported)]
    if (ownLayers.length + ownBackbones.length === 0) throw exportsNothing(name, exported)
    add(name, () => {
      for (const layer of ownLayers) layers.add(layer)
      for (const [backbone, build] of ownBackbones) backbones.add(backbone, build)
    })
  }
  const checked = [...backbones.entries()].map(([name, build]) => [name, checkedBuilder(name, build)] as const)
  return { layers, backbones: new Registry('backbone', checked), plugins }
}

async function importPlugin(name: string, file: string): Promise<Record<string, unknown>> {
  return import(pathToFileURL(file).href).catch((cause) => {
    throw new PixelwiseError('plugin/fails', {
      what: `plugin ${name} cannot be imported (${cause instanceof Error ? `${cause.name}: ${cause.message}` : cause})`,
      rule: 'a plugin is an ES module that Node runs as it is',
      next: 'mend the module, or install what it imports; DEBUG=1 shows where it failed',
      cause,
    })
  })
}

/** Says of which plugin it is that a name is taken, or not allowed. */
function add(name: string, register: () => void): void {
  try {
    register()
  } catch (cause) {
    if (!(cause instanceof PixelwiseError)) throw cause
    const { code, what, rule, next } = cause
    throw new PixelwiseError(code, {
      what: `plugin ${name}: ${what}`,
      rule,
      next:
        code === 'registry/duplicate'
          ? 'give yours another name; where both are one thing, its package is installed twice: "npm ls" shows it'
          : next,
      cause,
    })
  }
}

function exportsNothing(name: string, exported: Record<string, unknown>): PixelwiseError {
  const names = Object.keys(exported)
  return new PixelwiseError('plugin/exports-nothing', {
    what: `plugin ${name} exports ${names.length === 0 ? 'nothing' : names.join(', ')}`,
    rule: 'a plugin exports layers or backbones, and one of these has entries',
    next: 'add to it: export const layers = [yours], or export const backbones = [["name", yours]]',
  })
}
