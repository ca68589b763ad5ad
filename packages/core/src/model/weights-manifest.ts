import { nearestName, PixelwiseError } from '@pixelwise/masks/shared'
import { type io, util } from '@tensorflow/tfjs-core'
import type { LayersModel, LayerVariable } from '@tensorflow/tfjs-layers'
import { isObject, type ModelSource } from './model-store.js'

/** One tensor in the weight files. */
export type WeightEntry = io.WeightsManifestEntry

/** Files that, read one after the other, hold tensors one after the other. */
export interface WeightGroup {
  readonly paths: readonly string[]
  readonly weights: readonly WeightEntry[]
}

/**
 * The weight list of a `model.json`, checked.
 *
 * Throws `model/invalid-manifest` for a list that is not of the tfjs form, and `model/illegal-path` for a weight file
 * outside the folder.
 */
export function parseWeightsManifest(value: unknown, source: ModelSource): WeightGroup[] {
  const at = `${source.location}/model.json: weightsManifest`
  if (!Array.isArray(value)) throw invalidManifest(at, value, 'it is a list of groups')
  const seen = new Set<string>()
  return value.map((group: unknown, index) => {
    if (!isObject(group) || !Array.isArray(group.paths) || !Array.isArray(group.weights)) {
      throw invalidManifest(`${at}[${index}]`, group, 'a group has a list of paths and a list of weights')
    }
    for (const path of group.paths) checkPath(path, `${at}[${index}]`)
    for (const [position, entry] of group.weights.entries()) {
      checkEntry(entry, `${at}[${index}].weights[${position}]`)
      if (seen.has(entry.name))
        throw invalidManifest(
          `${at}[${index}].weights[${position}].name`,
          entry.name,
          'an earlier tensor has that name',
        )
      seen.add(entry.name)
    }
    return { paths: group.paths as string[], weights: group.weights as WeightEntry[] }
  })
}

function checkPath(path: unknown, at: string): void {
  if (typeof path === 'string' && /^[^/\\:?#%]+$/.test(path) && path !== '.' && path !== '..') return
  throw new PixelwiseError('model/illegal-path', {
    what: `${at} names the weight file ${JSON.stringify(path)}`,
    rule: 'weight files lie in the model folder itself, under plain names',
    next: 'move the file into the folder and list it by name',
  })
}

function checkEntry(entry: unknown, at: string): void {
  const isShape = (shape: unknown) =>
    Array.isArray(shape) && shape.every((size) => Number.isSafeInteger(size) && Number(size) >= 0)
  if (!isObject(entry) || typeof entry.name !== 'string' || !isShape(entry.shape)) {
    throw invalidManifest(at, entry, 'a tensor has a name, a shape and a dtype')
  }
  if (!['float32', 'int32', 'bool'].includes(String(entry.dtype))) {
    throw invalidManifest(`${at}.dtype of "${entry.name}"`, entry.dtype, 'a weight is float32, int32 or bool')
  }
  const { quantization } = entry
  if (quantization === undefined) return
  if (!isObject(quantization) || !['float16', 'uint8', 'uint16'].includes(String(quantization.dtype))) {
    const rule = 'a quantised weight is float16, uint8 or uint16'
    throw invalidManifest(`${at}.quantization of "${entry.name}"`, quantization, rule)
  }
}

function invalidManifest(at: string, value: unknown, rule: string): PixelwiseError {
  const text = value === undefined ? 'missing' : JSON.stringify(value).slice(0, 120)
  return new PixelwiseError('model/invalid-manifest', {
    what: `${at} is ${text}`,
    rule,
    next: 'save the model again with saveModel or LayersModel.save',
  })
}

/** Bytes of a tensor in its weight file. */
export function storedBytes(entry: WeightEntry): number {
  const bytesPerValue = { float32: 4, int32: 4, bool: 1, uint8: 1, uint16: 2, float16: 2 }
  const dtype = entry.quantization?.dtype ?? entry.dtype
  return util.sizeFromShape(entry.shape) * bytesPerValue[dtype as keyof typeof bytesPerValue]
}

/**
 * Finds the variable of every stored tensor.
 *
 * Throws `model/weight-mismatch` when the lists differ: a tensor that the model lacks, one that the files lack, another
 * shape, another dtype.
 */
export function matchWeights(
  model: LayersModel,
  groups: readonly WeightGroup[],
  source: ModelSource,
): Map<string, LayerVariable> {
  const variables = new Map(model.weights.map((weight) => [weight.originalName, weight]))
  const stored = new Map(
    groups.flatMap(({ weights }) =>
      weights.filter(({ group }) => group !== 'optimizer').map((entry) => [entry.name, entry] as const),
    ),
  )
  for (const [name, variable] of variables) {
    const entry = stored.get(name)
    if (entry === undefined) {
      throw mismatch(
        source,
        `tensor "${name}" ${shapeText(variable.shape)} is in the topology but not in the weight files`,
        nearestName(name, stored.keys()),
      )
    }
    if (String(entry.shape) !== String(variable.shape)) {
      throw mismatch(
        source,
        `tensor "${name}" is stored as ${shapeText(entry.shape)} but the topology needs ${shapeText(variable.shape)}`,
      )
    }
    if (entry.dtype !== variable.dtype) {
      throw mismatch(source, `tensor "${name}" is stored as ${entry.dtype} but the topology needs ${variable.dtype}`)
    }
  }
  for (const [name, entry] of stored) {
    if (!variables.has(name)) {
      throw mismatch(
        source,
        `tensor "${name}" ${shapeText(entry.shape)} is in the weight files but not in the topology`,
        nearestName(name, variables.keys()),
      )
    }
  }
  return variables
}

function mismatch(source: ModelSource, problem: string, near?: string): PixelwiseError {
  return new PixelwiseError('model/weight-mismatch', {
    what: `${source.location}/model.json: ${problem}`,
    rule: 'topology and weights of a model belong together',
    next:
      near === undefined
        ? 'restore model.json, or save the model again'
        : `did "${near}" change its name? restore model.json, or save the model again`,
  })
}

function shapeText(shape: readonly (number | null)[]): string {
  return `[${shape.join(', ')}]`
}
