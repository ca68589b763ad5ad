import { access, type FileHandle, mkdir, open, readFile, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { PixelwiseError } from '@pixelwise/masks/shared'
import type { Checkpoint, EvaluationState } from '../checkpoint.js'
import type { NamedArray } from '../named-array.js'
import { crc32c } from './crc32c.js'
import { asideFolder, replaceFolder } from './replace-folder.js'

const manifestName = 'checkpoint.json'
const valuesName = 'values.bin'
const formatVersion = 1

/** `checkpoint.json`: everything but the numbers, and where in `values.bin` (little-endian float32) each tensor lies. */
interface Manifest {
  readonly format: 'pixelwise-checkpoint'
  readonly version: number
  readonly step: number
  readonly data: unknown
  readonly seed: readonly number[]
  readonly recentLosses: readonly number[]
  readonly evaluation?: EvaluationState
  readonly weights: readonly StoredArray[]
  readonly solver: readonly StoredArray[]
}

interface StoredArray {
  readonly name: string
  readonly shape: readonly number[]
  readonly offset: number
  readonly crc32c: number
}

/**
 * Writes a checkpoint as a folder, in place of any that was there.
 *
 * The folder is written aside under a temporary name, flushed, then renamed: a crash leaves either the old checkpoint
 * or the new one. Tensors are written one by one, so the whole may exceed 2 GB.
 */
export async function writeCheckpoint(folder: string, checkpoint: Checkpoint): Promise<void> {
  const aside = asideFolder(folder, 'writing')
  try {
    await rm(aside, { recursive: true, force: true })
    await mkdir(aside, { recursive: true })
    await writeContents(aside, checkpoint)
    await replaceFolder(aside, folder)
  } catch (error) {
    await rm(aside, { recursive: true, force: true }).catch(() => undefined) // the first error says why
    throw isSystemError(error) ? cannotWrite(folder, error) : error
  }
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'syscall' in error
}

function cannotWrite(folder: string, cause: NodeJS.ErrnoException): PixelwiseError {
  return new PixelwiseError('checkpoint/cannot-write', {
    what: `cannot write the checkpoint ${folder} (${cause.code} on ${cause.syscall})`,
    rule: 'the folder that holds it must be writable, with room for weights and momenta',
    next: 'check the path, its permissions and the free space, or write checkpoints elsewhere',
    cause,
  })
}

/**
 * Reads a checkpoint folder back.
 *
 * Throws `checkpoint/missing`, `checkpoint/bad-manifest`, `checkpoint/truncated` or `checkpoint/corrupt`, naming the
 * file and the tensor.
 */
export async function readCheckpoint(folder: string): Promise<Checkpoint> {
  const manifest = await readManifest(join(folder, manifestName))
  const file = join(folder, valuesName)
  const values = await open(file).catch(async (cause) => {
    throw await unreadable(file, cause)
  })
  try {
    return {
      step: manifest.step,
      weights: await readArrays(values, file, manifest.weights),
      solver: await readArrays(values, file, manifest.solver),
      data: manifest.data,
      seed: manifest.seed,
      recentLosses: manifest.recentLosses,
      ...(manifest.evaluation !== undefined && { evaluation: manifest.evaluation }),
    }
  } finally {
    await values.close()
  }
}

async function writeContents(folder: string, { weights, solver, ...rest }: Checkpoint): Promise<void> {
  const values = await open(join(folder, valuesName), 'wx')
  try {
    const stored = { weights: [] as StoredArray[], solver: [] as StoredArray[] }
    let offset = 0
    for (const [group, arrays] of [
      ['weights', weights],
      ['solver', solver],
    ] as const) {
      for (const array of arrays) {
        const bytes = littleEndian(array.values)
        await values.writeFile(bytes)
        stored[group].push({ name: array.name, shape: array.shape, offset, crc32c: crc32c(bytes) })
        offset += bytes.byteLength
      }
    }
    await values.sync()
    const manifest: Manifest = { format: 'pixelwise-checkpoint', version: formatVersion, ...rest, ...stored }
    await writeSynced(join(folder, manifestName), `${JSON.stringify(manifest, null, 1)}\n`)
  } finally {
    await values.close()
  }
}

async function writeSynced(path: string, text: string): Promise<void> {
  const file = await open(path, 'wx')
  try {
    await file.writeFile(text)
    await file.sync()
  } finally {
    await file.close()
  }
}

async function readManifest(file: string): Promise<Manifest> {
  const text = await readFile(file, 'utf8').catch(async (cause) => {
    throw await unreadable(file, cause)
  })
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch (cause) {
    throw badManifest(file, `is not JSON (${cause instanceof Error ? cause.message : cause})`)
  }
  return requireManifest(file, parsed)
}

function requireManifest(file: string, parsed: unknown): Manifest {
  const manifest = parsed as Partial<Manifest> | null
  if (manifest?.format !== 'pixelwise-checkpoint') throw badManifest(file, 'is not a checkpoint of ours')
  if (manifest.version !== formatVersion) throw badManifest(file, `has version ${manifest.version}`)
  if (!Number.isSafeInteger(manifest.step)) throw badManifest(file, `has step ${JSON.stringify(manifest.step)}`)
  for (const list of ['seed', 'recentLosses'] as const) {
    const numbers = manifest[list]
    if (!Array.isArray(numbers) || !numbers.every(Number.isFinite))
      throw badManifest(file, `has no list of numbers "${list}"`)
  }
  if (manifest.evaluation !== undefined && !isEvaluation(manifest.evaluation)) {
    throw badManifest(file, `has evaluation ${JSON.stringify(manifest.evaluation)}`)
  }
  for (const group of ['weights', 'solver'] as const) {
    const arrays = manifest[group]
    if (!Array.isArray(arrays)) throw badManifest(file, `has no list "${group}"`)
    arrays.forEach((array, i) => {
      if (!isStoredArray(array)) throw badManifest(file, `has a bad entry ${i} in "${group}"`)
    })
  }
  // Every field has been looked at.
  return manifest as Manifest
}

function isEvaluation(state: Partial<EvaluationState> | null): boolean {
  const isCount = (value: unknown) => Number.isSafeInteger(value) && Number(value) >= 0
  if (state === null || !isCount(state.lastStep) || !isCount(state.sinceBest) || state.best === undefined) return false
  return state.best === null || (isCount(state.best.step) && Number.isFinite(state.best.score))
}

function isStoredArray(array: StoredArray | null): boolean {
  return (
    typeof array?.name === 'string' &&
    Array.isArray(array.shape) &&
    array.shape.every((size) => Number.isSafeInteger(size) && size >= 0) &&
    Number.isSafeInteger(array.shape.reduce((product, size) => product * size, 4)) &&
    Number.isSafeInteger(array.offset) &&
    array.offset >= 0 &&
    Number.isInteger(array.crc32c)
  )
}

async function readArrays(values: FileHandle, file: string, stored: readonly StoredArray[]): Promise<NamedArray[]> {
  const { size: fileLength } = await values.stat()
  const arrays: NamedArray[] = []
  for (const { name, shape, offset, crc32c: expected } of stored) {
    const length = shape.reduce((product, size) => product * size, 4)
    if (offset + length > fileLength) {
      throw new PixelwiseError('checkpoint/truncated', {
        what: `${file}: tensor "${name}" lies at bytes ${offset}..${offset + length} of ${fileLength}`,
        rule: 'the file must hold every tensor that checkpoint.json lists',
        next: `copy the checkpoint again, or ${resumeWithout(dirname(file))}`,
      })
    }
    const bytes = new Uint8Array(length)
    for (let done = 0; done < length; ) {
      const { bytesRead } = await values.read(bytes, done, Math.min(length - done, 2 ** 30), offset + done)
      if (bytesRead === 0) break
      done += bytesRead
    }
    if (crc32c(bytes) !== expected) {
      throw new PixelwiseError('checkpoint/corrupt', {
        what: `${file}: tensor "${name}" has checksum ${crc32c(bytes)}`,
        rule: `checkpoint.json expects ${expected}`,
        next: `copy the checkpoint again, or ${resumeWithout(dirname(file))}`,
      })
    }
    arrays.push({ name, shape, values: fromLittleEndian(bytes) })
  }
  return arrays
}

const machineIsLittleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1

function littleEndian(values: Float32Array): Uint8Array {
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
  return machineIsLittleEndian ? bytes : Buffer.from(bytes).swap32()
}

function fromLittleEndian(bytes: Uint8Array<ArrayBuffer>): Float32Array {
  if (!machineIsLittleEndian) Buffer.from(bytes.buffer).swap32()
  return new Float32Array(bytes.buffer)
}

async function unreadable(file: string, cause: unknown): Promise<PixelwiseError> {
  const folder = dirname(file)
  const isThere = await access(folder).then(
    () => true,
    () => false,
  )
  return new PixelwiseError('checkpoint/missing', {
    what: `cannot read ${file} (${cause instanceof Error ? cause.message : cause})`,
    rule: `a checkpoint is a folder with ${manifestName} and ${valuesName}`,
    next: isThere
      ? `copy the checkpoint again, or ${resumeWithout(folder)}`
      : 'check the path; checkpointFolder(path).latest() finds the newest one of a run',
    cause,
  })
}

function badManifest(file: string, what: string): PixelwiseError {
  return new PixelwiseError('checkpoint/bad-manifest', {
    what: `${file} ${what}`,
    rule: `expected a checkpoint of version ${formatVersion}`,
    next: `copy the checkpoint again, ${resumeWithout(dirname(file))}, or update @pixelwise/training`,
  })
}

/** The newest checkpoint of a run is the one that it resumes from: a damaged one has to go. */
function resumeWithout(folder: string): string {
  return `remove the folder ${basename(folder)} and resume from the newest that is left`
}
