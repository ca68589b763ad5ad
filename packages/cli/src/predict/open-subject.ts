import { PixelwiseError } from '@pixelwise/core'
import { netInputs, type RecipeInput } from '@pixelwise/fcn'
import type { EngineName } from '../engines/engine-names.js'
import { openEngine } from '../engines/open-engine.js'
import { findPlugins } from '../plugins/find-plugins.js'
import { loadPlugins } from '../plugins/load-plugins.js'
import { openModel } from '../plugins/open-model.js'
import type { PluginFlags } from '../plugins/plugin-option.js'
import { type CompanionFolders, checkCompanions } from './companions.js'
import type { Labeller } from './label-image.js'

/** Which model labels, and how. */
export interface SubjectOptions extends PluginFlags {
  readonly model: string
  readonly engine: EngineName
  readonly output: number
  /** Largest side that is run whole; 0: every image; undefined: 1024, or whole where a net cannot be tiled. */
  readonly tile?: number
  /** Pictures that the net sees beside the images. */
  readonly companions: CompanionFolders
}

/** A model that is ready, and what it looks at. */
export interface Subject extends Labeller {
  readonly sees: readonly RecipeInput[]
  readonly companions: CompanionFolders
  /** What runs it, as reports call it. */
  readonly engine: string
  dispose(): void
}

const largestWhole = 1024

/** Opens a model folder and makes its net ready. Throws the errors of its parts, before anything is run. */
export async function openSubject(options: SubjectOptions): Promise<Subject> {
  const plugins = findPlugins(options.plugin)
  const { engine, label } = await openEngine(options.engine, { cache: true })
  const known = await loadPlugins(plugins)
  const { model, description } = await openModel(options.model, known)
  const sees = netInputs(description, options.model)
  checkCompanions(sees, options.companions, { name: model.name, inputCount: model.inputs.length })
  checkTile(options.tile, model.name, sees.length)
  const prepared = await engine.prepare(model)
  return {
    sees,
    companions: options.companions,
    engine: label,
    model,
    description,
    layers: known.layers,
    prepared,
    output: options.output,
    tile: options.tile === 0 ? null : (options.tile ?? largestWhole),
    mayRunWhole: options.tile === undefined,
    dispose: () => {
      prepared.dispose()
      model.dispose()
    },
  }
}

function checkTile(tile: number | undefined, name: string, inputs: number): void {
  if (inputs === 1 || tile === undefined || tile === 0) return
  throw new PixelwiseError('predict/several-inputs', {
    what: `--tile ${tile} for model "${name}", which has ${inputs} inputs`,
    rule: 'only nets of one input are run in tiles',
    next: 'leave --tile out',
  })
}
