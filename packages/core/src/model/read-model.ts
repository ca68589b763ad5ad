import { PixelwiseError } from '@pixelwise/masks/shared'
import type { LayersModel } from '@tensorflow/tfjs-layers'
import type { LayerRegistry } from '../registry/layer-registry.js'
import { checkDescription, type ModelDescription } from './model-description.js'
import { isObject, type ModelSource, readJson } from './model-store.js'
import { buildTopology } from './topology.js'
import { readWeights, type WeightFile } from './weight-reader.js'
import { matchWeights, parseWeightsManifest, storedBytes, type WeightGroup } from './weights-manifest.js'

/** A model and what must be known of it. */
export interface StoredModel {
  readonly model: LayersModel
  readonly description: ModelDescription
}

/** What is needed to read a model beside its files. */
export interface ReadModelOptions {
  /** The layers that are not of tfjs. */
  readonly layers?: LayerRegistry
  /** Stands in for `pixelwise.json`, so that a plain tfjs layers model can be read; `pixelwise.json` is then not read. */
  readonly description?: ModelDescription
  /** Called after each tensor with the fraction of weight bytes read, 0..1. */
  readonly onProgress?: (fraction: number) => void
}

/**
 * Reads a model: `model.json` and its weight files in the tfjs layers format, and `pixelwise.json`.
 *
 * Weights are read and set one tensor at a time, so that a model may exceed the 2 GiB that tfjs's own loader can join.
 * The caller disposes the model.
 *
 * Throws an error that names the file, and the tensor where there is one, with a code `model/…`: missing-file,
 * broken-json, wrong-format, invalid-description, invalid-manifest, illegal-path, unknown-layer, broken-topology,
 * weight-mismatch, truncated-weights, oversized-weights, damaged-weights, not-finite.
 */
export async function readModel(source: ModelSource, options: ReadModelOptions = {}): Promise<StoredModel> {
  const { description, files } = options.description
    ? { description: checkDescription({ ...options.description }, 'the option description'), files: undefined }
    : await readDescription(source)
  const json = await readJson(source, 'model.json')
  checkFormat(json, source)
  const groups = parseWeightsManifest(json.weightsManifest, source)
  if (files !== undefined) checkListed(groups, files, source)
  const model = await buildTopology(json.modelTopology, source, options.layers)
  try {
    const variables = matchWeights(model, groups, source)
    const total = groups.reduce((sum, { weights }) => weights.reduce((bytes, w) => bytes + storedBytes(w), sum), 0)
    let done = 0
    for (const group of groups) {
      for await (const { entry, value } of readWeights(group, source, files ?? new Map())) {
        variables.get(entry.name)?.write(value)
        value.dispose()
        done += storedBytes(entry)
        options.onProgress?.(done / total)
      }
    }
  } catch (error) {
    model.dispose()
    throw error
  }
  return { model, description }
}

/** `format` of `pixelwise.json`. */
export const formatName = 'pixelwise-model'
/** The version that is written; higher ones are refused. */
export const formatVersion = 1

async function readDescription(
  source: ModelSource,
): Promise<{ description: ModelDescription; files: Map<string, WeightFile> }> {
  const json = await readJson(source, 'pixelwise.json').catch((cause: unknown) => {
    if (!(cause instanceof PixelwiseError) || cause.code !== 'model/missing-file') throw cause
    throw new PixelwiseError('model/missing-file', {
      what: cause.what,
      rule: 'pixelwise.json says how images must be prepared for the net',
      next: 'check the path, or pass { description: { preprocessing } } to load a plain tfjs layers model',
      cause,
    })
  })
  const at = `${source.location}/pixelwise.json`
  if (json.format !== formatName || json.version !== formatVersion) {
    throw new PixelwiseError('model/wrong-format', {
      what: `${at}: format ${JSON.stringify(json.format)} version ${JSON.stringify(json.version)}`,
      rule: `this version of @pixelwise/core reads format "${formatName}" version ${formatVersion}`,
      next: 'update @pixelwise/core, or save the model again with this version',
    })
  }
  return { description: checkDescription(json, at), files: checkFiles(json.files, at) }
}

function checkFiles(value: unknown, at: string): Map<string, WeightFile> {
  const isFile = (file: unknown): file is WeightFile =>
    isObject(file) &&
    typeof file.name === 'string' &&
    Number.isSafeInteger(file.bytes) &&
    /^[0-9a-f]{8}$/.test(String(file.crc32))
  if (Array.isArray(value) && value.every(isFile)) return new Map(value.map((file) => [file.name, file]))
  throw new PixelwiseError('model/invalid-description', {
    what: `${at}: files is ${value === undefined ? 'missing' : JSON.stringify(value).slice(0, 80)}`,
    rule: 'it lists name, bytes and crc32 (eight hexadecimal digits) of every weight file',
    next: 'restore the file, or save the model again',
  })
}

/** Weight files that `pixelwise.json` does not know come from another save. */
function checkListed(
  groups: readonly WeightGroup[],
  files: ReadonlyMap<string, WeightFile>,
  source: ModelSource,
): void {
  const unknown = groups.flatMap(({ paths }) => paths).find((path) => !files.has(path))
  if (unknown === undefined) return
  throw new PixelwiseError('model/weight-mismatch', {
    what: `${source.location}/model.json lists the weight file ${unknown}, which pixelwise.json does not`,
    rule: 'both files of a model come from one save',
    next: 'copy the whole folder again, or save the model again',
  })
}

function checkFormat(json: Record<string, unknown>, source: ModelSource): void {
  if (json.format === undefined || json.format === 'layers-model') return
  throw new PixelwiseError('model/wrong-format', {
    what: `${source.location}/model.json: format ${JSON.stringify(json.format)}`,
    rule: 'a model folder holds a "layers-model"',
    next: 'convert the original with tensorflowjs_converter --output_format tfjs_layers_model',
  })
}
