import { PixelwiseError } from '@pixelwise/masks/shared'
import { type io, util } from '@tensorflow/tfjs-core'
import { type LayersModel, type LayerVariable, version_layers } from '@tensorflow/tfjs-layers'
import { crc32 } from './crc32.js'
import { checkDescription, type ModelDescription } from './model-description.js'
import type { ModelStore } from './model-store.js'
import { formatName, formatVersion } from './read-model.js'
import { firstNotFinite, hexadecimal, type WeightFile } from './weight-reader.js'
import { storedBytes, type WeightEntry } from './weights-manifest.js'

/** What is stored beside the weights, and in files of which size. */
export interface WriteModelOptions {
  readonly description: ModelDescription
  /** Largest weight file, bytes; 64 MiB unless told. */
  readonly shardBytes?: number
}

/**
 * Writes a model: weight files, then `model.json`, then `pixelwise.json`, so that a folder with the last is complete.
 *
 * `model.json` and the weight files are in the standard tfjs layers format, which `tf.loadLayersModel` reads. One weight
 * file is held in memory at a time. The optimizer is not stored. The model stays as it is.
 *
 * Throws `model/not-finite` for a NaN or infinite weight, `model/duplicate-weight` for two weights of one name,
 * `model/shard-size`, `preprocessing/invalid` and `model/invalid-description`.
 */
export async function writeModel(model: LayersModel, store: ModelStore, options: WriteModelOptions): Promise<void> {
  const description = checkDescription({ ...options?.description }, 'the option description')
  const shardBytes = checkShardBytes(options.shardBytes ?? 64 * 2 ** 20)
  const weights = namedWeights(model)
  const total = weights.reduce((sum, { entry }) => sum + storedBytes(entry), 0)
  const shards = new ShardWriter(store, shardBytes, total)
  for (const { entry, variable } of weights) {
    const values = await variable.read().data()
    checkFinite(values, entry.name)
    await shards.append(new Uint8Array(values.buffer, values.byteOffset, values.byteLength))
  }
  const files = await shards.finish()
  const modelJson: io.ModelJSON = {
    modelTopology: model.toJSON(null, false) as object,
    format: 'layers-model',
    generatedBy: `TensorFlow.js tfjs-layers v${version_layers}`,
    convertedBy: null as unknown as string, // tfjs itself writes null here
    weightsManifest: [{ paths: files.map(({ name }) => name), weights: weights.map(({ entry }) => entry) }],
  }
  await writeJson(store, 'model.json', modelJson)
  await writeJson(store, 'pixelwise.json', { format: formatName, version: formatVersion, ...description, files })
}

function checkShardBytes(shardBytes: number): number {
  const largest = 2 ** 30
  if (Number.isInteger(shardBytes) && shardBytes >= 1 && shardBytes <= largest) return shardBytes
  throw new PixelwiseError('model/shard-size', {
    what: `shardBytes is ${shardBytes}`,
    rule: `a weight file has 1 to ${largest} bytes (1 GiB)`,
    next: 'leave it out for 64 MiB',
  })
}

function namedWeights(model: LayersModel): { entry: WeightEntry; variable: LayerVariable }[] {
  const seen = new Set<string>()
  return model.weights.map((variable) => {
    const name = variable.originalName
    if (seen.has(name)) {
      throw new PixelwiseError('model/duplicate-weight', {
        what: `model ${model.name} has two weights named "${name}"`,
        rule: 'tfjs finds weights by name, so each needs its own',
        next: 'give the layers of nested models different names',
      })
    }
    seen.add(name)
    return { variable, entry: { name, shape: variable.shape as number[], dtype: variable.dtype as 'float32' } }
  })
}

function checkFinite(values: ArrayLike<number>, name: string): void {
  const bad = firstNotFinite(values)
  if (bad === -1) return
  throw new PixelwiseError('model/not-finite', {
    what: `value ${bad} of weight "${name}" is ${values[bad]}`,
    rule: 'weights are finite numbers',
    next: 'training has diverged: lower the learning rate and start from an earlier model',
  })
}

async function writeJson(store: ModelStore, name: string, value: object): Promise<void> {
  await store.write(name, util.encodeString(`${JSON.stringify(value, null, 2)}\n`, 'utf-8'))
}

/** Cuts a run of bytes into files named as tfjs names them. */
class ShardWriter {
  readonly #store: ModelStore
  readonly #count: number
  readonly #buffer: Uint8Array
  readonly #files: WeightFile[] = []
  #used = 0

  constructor(store: ModelStore, shardBytes: number, total: number) {
    this.#store = store
    this.#count = Math.ceil(total / shardBytes)
    this.#buffer = new Uint8Array(Math.min(shardBytes, total))
  }

  async append(bytes: Uint8Array): Promise<void> {
    for (let taken = 0; taken < bytes.length; ) {
      const part = bytes.subarray(taken, taken + this.#buffer.length - this.#used)
      this.#buffer.set(part, this.#used)
      this.#used += part.length
      taken += part.length
      if (this.#used === this.#buffer.length) await this.#flush()
    }
  }

  async finish(): Promise<WeightFile[]> {
    if (this.#used > 0) await this.#flush()
    return this.#files
  }

  async #flush(): Promise<void> {
    const bytes = this.#buffer.subarray(0, this.#used)
    const name = `group1-shard${this.#files.length + 1}of${this.#count}.bin`
    await this.#store.write(name, bytes)
    this.#files.push({ name, bytes: bytes.length, crc32: hexadecimal(crc32(bytes)) })
    this.#used = 0
  }
}
