import { PixelwiseError, Registry } from '@pixelwise/masks/shared'
import { serialization } from '@tensorflow/tfjs-core'
import type { layers } from '@tensorflow/tfjs-layers'
import type { LayerClass, LayerPlugin } from '../layers/pixelwise-layer.js'

/**
 * The layers that models may contain, by class name: built from plugin lists and passed to whatever loads a model or
 * asks for its geometry.
 *
 * Adding a plugin also makes the class known to tfjs, whose class map is global and overwrites silently: a class name
 * that tfjs knows for another class is refused.
 *
 * @example
 * const registry = new LayerRegistry([...coreLayers, ...fcnLayers, myLayer])
 * const model = await loadModel('my-model', { layers: registry })
 */
export class LayerRegistry {
  readonly #plugins = new Registry<LayerPlugin>('layer')

  constructor(...lists: Iterable<LayerPlugin>[]) {
    for (const list of lists) for (const plugin of list) this.add(plugin)
  }

  /**
   * Adds one layer and returns the registry.
   *
   * Throws `layer/no-class-name` for a class without a className of its own (inheriting one would overwrite its
   * parent), `layer/illegal-class-name` for a name that tfjs cannot load, `registry/duplicate` for a name taken here,
   * and `layer/name-taken` for a name that tfjs knows for another class.
   */
  add(plugin: LayerPlugin): this {
    const { layer } = plugin
    if (!Object.hasOwn(layer, 'className') || typeof layer.className !== 'string' || layer.className === '') {
      throw new PixelwiseError('layer/no-class-name', {
        what: `layer class ${layer.name || '(anonymous)'} has no className of its own`,
        rule: 'models are saved by class name, and minifiers change constructor names',
        next: "add: static readonly className = 'YourName>YourLayer'",
      })
    }
    if (layer.className.includes('_')) {
      throw new PixelwiseError('layer/illegal-class-name', {
        what: `className "${layer.className}" contains an underscore`,
        rule: 'tfjs rewrites underscores while loading, so such a layer never loads',
        next: `call it "${layer.className.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase())}"`,
      })
    }
    // A layer that is refused leaves no trace here.
    if (!this.#plugins.has(layer.className)) requireFreeName(layer)
    this.#plugins.add(layer.className, plugin)
    if (knownToTfjs(layer.className) === undefined)
      serialization.registerClass(layer as unknown as serialization.SerializableConstructor<layers.Layer>)
    return this
  }

  /** Whether a class name is known. */
  has(className: string): boolean {
    return this.#plugins.has(className)
  }

  /** The plugin of a class name. Throws `registry/unknown` with the known names and the nearest match. */
  get(className: string): LayerPlugin {
    return this.#plugins.get(className)
  }

  /** The plugin of a layer instance. */
  of(layer: layers.Layer): LayerPlugin {
    return this.get(layer.getClassName())
  }

  /** The known class names. */
  names(): string[] {
    return this.#plugins.names()
  }
}

function requireFreeName(layer: LayerClass): void {
  const known = knownToTfjs(layer.className)
  if (known === undefined || known === layer) return
  throw new PixelwiseError('layer/name-taken', {
    what: `className "${layer.className}" already belongs to another class in tfjs`,
    rule: 'tfjs keeps one class per name and would overwrite the other silently',
    next: 'prefix it with your own name, or check that only one copy of the package is installed',
  })
}

function knownToTfjs(className: string): unknown {
  return serialization.SerializationMap.getMap().classNameMap[className]?.[0]
}
