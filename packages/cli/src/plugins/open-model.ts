import type { ModelDescription, StoredModel } from '@pixelwise/core'
import { loadModel } from '@pixelwise/core/node'
import { PixelwiseError } from '@pixelwise/masks/shared'
import type { Known } from './load-plugins.js'

/**
 * Loads a model folder whose layers are ours or a plugin's; see `loadModel`.
 *
 * `model/unknown-layer` speaks of what a person at a command line can do.
 */
export async function openModel(
  folder: string,
  { layers, plugins }: Known,
  description?: ModelDescription,
): Promise<StoredModel> {
  return loadModel(folder, { layers, description }).catch((cause) => {
    if (!(cause instanceof PixelwiseError) || cause.code !== 'model/unknown-layer') throw cause
    const added = plugins.length === 0 ? '' : `, nor of ${plugins.map(({ name }) => name).join(', ')}`
    const near = /^did you mean "[^"]*"\? /.exec(cause.next)?.[0] ?? ''
    throw new PixelwiseError('model/unknown-layer', {
      what: cause.what,
      rule: `it is no layer of tfjs or Pixelwise${added}`,
      next: `${near}name the module that exports it in "layers", as in --plugin ./layer.mjs; in a configuration: plugins: [./layer.mjs]`,
      cause,
    })
  })
}
