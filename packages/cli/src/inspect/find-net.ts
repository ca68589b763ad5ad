import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { type LayerRegistry, type ModelDescription, PixelwiseError, useBackend } from '@pixelwise/core'
import { recipes } from '@pixelwise/fcn'
import { nearestName } from '@pixelwise/masks/shared'
import { env } from '@tensorflow/tfjs-core'
import type { LayersModel } from '@tensorflow/tfjs-layers'
import { findPlugins } from '../plugins/find-plugins.js'
import { loadPlugins } from '../plugins/load-plugins.js'
import { openModel } from '../plugins/open-model.js'
import { nets } from './nets.js'

/** A net and the plugins that know its layers. */
export interface FoundNet {
  readonly name: string
  readonly model: LayersModel
  readonly layers: LayerRegistry
}

/**
 * The net of that name, or the model in that folder, of what is known with plugins; a name that is both is the net.
 *
 * Throws `registry/unknown` for what is neither, and the errors of `loadPlugins` and `openModel`.
 */
export async function findNet(nameOrFolder: string, plugins: readonly string[]): Promise<FoundNet> {
  const found = findPlugins(plugins)
  // Spares people tfjs's advice to install another package, which does not concern a net that is only looked at.
  env().set('PROD', true)
  // Layers make their weights when they are built, which takes a backend; this one holds them without copying.
  await useBackend('cpu')
  const known = await loadPlugins(found)
  const { layers } = known
  const named = nets(known.backbones)
  if (named.has(nameOrFolder)) return { name: nameOrFolder, model: named.get(nameOrFolder)(), layers }
  if (looksLikePath(nameOrFolder) || (await isFolder(nameOrFolder))) {
    const description = (await isPlainModel(nameOrFolder)) ? anyInput : undefined
    const { model } = await openModel(nameOrFolder, known, description)
    return { name: nameOrFolder, model, layers }
  }
  throw notFound(nameOrFolder, named.names())
}

/** Recipes are many, and have a command of their own that lists them. */
function notFound(name: string, known: readonly string[]): PixelwiseError {
  const own = known.filter((one) => recipes.every((recipe) => recipe.name !== one))
  const near = nearestName(name, known)
  return new PixelwiseError('registry/unknown', {
    what: `"${name}" is neither a net nor a model folder`,
    rule: `known nets: ${own.join(', ')}, and those that "pixelwise recipes" lists`,
    next:
      near === undefined
        ? 'pass one of these, the path of a model folder, or --plugin with the module that has it'
        : `did you mean "${near}"?`,
  })
}

/** A folder of plain tfjs says nothing of its input; to look at the net it does not matter. */
const anyInput: ModelDescription = {
  preprocessing: { inputKind: 'rgb', channelOrder: 'rgb', mean: [0, 0, 0], scale: [1, 1, 1] },
}

async function isPlainModel(folder: string): Promise<boolean> {
  const has = (name: string) =>
    stat(join(folder, name)).then(
      () => true,
      () => false,
    )
  return (await has('model.json')) && !(await has('pixelwise.json'))
}

function looksLikePath(text: string): boolean {
  return /^\.|[/\\]/.test(text)
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  )
}
