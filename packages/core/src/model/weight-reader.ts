import { PixelwiseError } from '@pixelwise/masks/shared'
import { io, type Tensor, tensor } from '@tensorflow/tfjs-core'
import { crc32 } from './crc32.js'
import type { ModelSource } from './model-store.js'
import { storedBytes, type WeightEntry, type WeightGroup } from './weights-manifest.js'

/** Size and checksum of a weight file, as stored in `pixelwise.json`. */
export interface WeightFile {
  readonly name: string
  readonly bytes: number
  /** CRC-32 as eight hexadecimal digits. */
  readonly crc32: string
}

/**
 * Reads the tensors of one group in order, one at a time; holds one tensor and one piece of a file.
 *
 * Throws `model/truncated-weights`, `model/oversized-weights`, `model/damaged-weights` or `model/not-finite`, naming file
 * and tensor. The caller disposes the tensors.
 */
export async function* readWeights(
  group: WeightGroup,
  source: ModelSource,
  files: ReadonlyMap<string, WeightFile>,
): AsyncGenerator<{ readonly entry: WeightEntry; readonly value: Tensor }> {
  const reader = new GroupReader(group.paths, source, files)
  try {
    for (const entry of group.weights) {
      if (entry.group === 'optimizer') {
        await reader.skip(entry)
        continue
      }
      const bytes = new Uint8Array(storedBytes(entry))
      await reader.fill(entry, bytes)
      yield { entry, value: decode(entry, bytes.buffer, reader.span) }
    }
    await reader.finish()
  } finally {
    await reader.close()
  }
}

/** The files of a group as one run of bytes. */
class GroupReader {
  readonly #paths: readonly string[]
  readonly #source: ModelSource
  readonly #files: ReadonlyMap<string, WeightFile>
  #file = -1
  #pieces: AsyncIterator<Uint8Array> | undefined
  #piece: Uint8Array = new Uint8Array(0)
  #fileBytes = 0
  #checksum = 0
  #tensor = ''
  #firstFile = 0

  constructor(paths: readonly string[], source: ModelSource, files: ReadonlyMap<string, WeightFile>) {
    this.#paths = paths
    this.#source = source
    this.#files = files
  }

  /** The file that is being read, for messages. */
  get place(): string {
    return `${this.#source.location}/${this.#paths[this.#file] ?? 'model.json'}`
  }

  /** The files that hold the tensor that was read last. */
  get span(): string {
    const last = this.#paths[this.#file]
    const first = this.#paths[this.#firstFile]
    return `${this.#source.location}/${first === last ? last : `${first} to ${last}`}`
  }

  /** Reads a tensor's bytes. */
  async fill(entry: WeightEntry, bytes: Uint8Array): Promise<void> {
    await this.#take(entry, (piece, offset) => bytes.set(piece, offset))
  }

  /** Passes over a tensor without holding it. */
  async skip(entry: WeightEntry): Promise<void> {
    await this.#take(entry, () => {})
  }

  async #take(entry: WeightEntry, use: (piece: Uint8Array, offset: number) => void): Promise<void> {
    this.#tensor = entry.name
    const bytes = storedBytes(entry)
    for (let taken = 0; taken < bytes; ) {
      if (this.#piece.length === 0 && !(await this.#advance())) {
        throw this.#truncated(`the weight files end ${bytes - taken} bytes before`, 'is complete')
      }
      if (taken === 0) this.#firstFile = this.#file
      const part = this.#piece.subarray(0, bytes - taken)
      use(part, taken)
      taken += part.length
      this.#piece = this.#piece.subarray(part.length)
    }
  }

  /** Checks that nothing follows the last tensor. */
  async finish(): Promise<void> {
    let left = this.#piece.length
    const { place } = this
    this.#piece = this.#piece.subarray(left)
    while (left === 0 && (await this.#advance())) left = this.#piece.length
    if (left === 0) return
    const last = this.#tensor === '' ? 'the group has no tensor' : `"${this.#tensor}" is the last tensor`
    throw new PixelwiseError('model/oversized-weights', {
      what: `${place}: bytes follow though ${last}`,
      rule: 'weight files hold exactly the tensors that model.json lists',
      next: 'restore model.json and its weight files together, or save the model again',
    })
  }

  async close(): Promise<void> {
    await this.#pieces?.return?.()
    this.#pieces = undefined
  }

  /** Makes the next piece current; false after the last file. */
  async #advance(): Promise<boolean> {
    for (;;) {
      const read = await this.#pieces?.next().catch((error: unknown) => {
        throw this.#named(error)
      })
      if (read !== undefined && !read.done) {
        this.#piece = read.value
        this.#fileBytes += read.value.length
        const known = this.#files.get(this.#paths[this.#file])
        if (known !== undefined) this.#checksum = crc32(read.value, this.#checksum)
        if (known !== undefined && this.#fileBytes > known.bytes) throw this.#wrongSize(known, 'or more')
        if (this.#piece.length > 0) return true
        continue
      }
      if (this.#pieces !== undefined) this.#checkFile()
      if (this.#file + 1 >= this.#paths.length) {
        this.#pieces = undefined
        return false
      }
      this.#file++
      this.#fileBytes = 0
      this.#checksum = 0
      this.#pieces = this.#source.read(this.#paths[this.#file])[Symbol.asyncIterator]()
    }
  }

  /** A missing file says which tensor needs it. */
  #named(error: unknown): unknown {
    if (!(error instanceof PixelwiseError) || error.code !== 'model/missing-file') return error
    const { code, rule, next } = error
    return new PixelwiseError(code, { what: `${error.what}, for tensor "${this.#tensor}"`, rule, next, cause: error })
  }

  #checkFile(): void {
    const known = this.#files.get(this.#paths[this.#file])
    if (known === undefined) return
    if (this.#fileBytes !== known.bytes) throw this.#wrongSize(known)
    const found = hexadecimal(this.#checksum)
    if (found === known.crc32) return
    throw new PixelwiseError('model/damaged-weights', {
      what: `${this.place}: CRC-32 ${found} while reading tensor "${this.#tensor}"`,
      rule: `pixelwise.json says ${known.crc32}: the file has changed since it was saved`,
      next: 'copy the file again, or save the model again',
    })
  }

  #wrongSize(known: WeightFile, more = ''): PixelwiseError {
    const size = `${this.#fileBytes} bytes${more && ` ${more}`}`
    if (this.#fileBytes < known.bytes) {
      return this.#truncated(`the file has ${size} of ${known.bytes}, which ends before`, 'is complete')
    }
    return new PixelwiseError('model/oversized-weights', {
      what: `${this.place}: the file has ${size} while reading tensor "${this.#tensor}"`,
      rule: `pixelwise.json says ${known.bytes} bytes`,
      next: 'copy the file again, or save the model again',
    })
  }

  #truncated(before: string, after: string): PixelwiseError {
    return new PixelwiseError('model/truncated-weights', {
      what: `${this.place}: ${before} tensor "${this.#tensor}" ${after}`,
      rule: 'weight files hold every byte of the tensors that model.json lists',
      next: 'copy the file again, or save the model again',
    })
  }
}

/** Eight lower-case hexadecimal digits. */
export function hexadecimal(checksum: number): string {
  return checksum.toString(16).padStart(8, '0')
}

function decode(entry: WeightEntry, bytes: ArrayBuffer, place: string): Tensor {
  if (entry.quantization !== undefined) {
    const decoded = io.decodeWeights(bytes, [entry])[entry.name]
    return decoded
  }
  if (entry.dtype === 'int32') return tensor(new Int32Array(bytes), entry.shape, 'int32')
  if (entry.dtype === 'bool') return tensor(new Uint8Array(bytes), entry.shape, 'bool')
  const values = new Float32Array(bytes)
  const bad = firstNotFinite(values)
  if (bad !== -1) {
    throw new PixelwiseError('model/not-finite', {
      what: `${place}: value ${bad} of tensor "${entry.name}" is ${values[bad]}`,
      rule: 'weights are finite numbers',
      next: 'the training that wrote this model diverged, or the file is damaged: use an earlier one',
    })
  }
  return tensor(values, entry.shape, 'float32')
}

/** Index of the first NaN or infinity, −1 when there is none. */
export function firstNotFinite(values: ArrayLike<number>): number {
  for (let i = 0; i < values.length; i++) {
    // Only NaN − NaN and ∞ − ∞ differ from zero; faster than Number.isFinite on typed arrays.
    if (values[i] - values[i] !== 0) return i
  }
  return -1
}
