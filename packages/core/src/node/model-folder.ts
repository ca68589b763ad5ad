import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readdir, realpath, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { PixelwiseError } from '@pixelwise/masks/shared'
import type { LayersModel } from '@tensorflow/tfjs-layers'
import { type ReadModelOptions, readModel, type StoredModel } from '../model/read-model.js'
import { type WriteModelOptions, writeModel } from '../model/write-model.js'
import { folderStore } from './folder-store.js'

/**
 * Saves a model as a folder: `model.json` and weight files in the standard tfjs layers format, and `pixelwise.json`.
 *
 * The folder is written aside, in the same parent folder, and renamed when complete: an existing model is replaced as a
 * whole or not at all. What an interrupted save of the same folder left behind is removed. The optimizer is not stored.
 *
 * Throws the errors of `writeModel`, `model/not-a-model-folder` when the folder exists and holds anything else than a
 * model, and `model/cannot-write` where the system refuses: no permission, no room, a file in the path.
 */
export async function saveModel(model: LayersModel, folder: string, options: WriteModelOptions): Promise<void> {
  const target = await realpath(folder).catch(() => resolve(folder)) // a link stays, what it points to is replaced
  const partial = asideName(target, 'partial')
  try {
    await clearLeftovers(target)
    await checkReplaceable(target, folder)
    await mkdir(dirname(target), { recursive: true })
    await writeModel(model, folderStore(partial), options)
    await moveIntoPlace(partial, target)
  } catch (error) {
    await rm(partial, { recursive: true, force: true }).catch(() => undefined) // the first error says why
    throw isSystemError(error) ? cannotWrite(folder, error) : error
  }
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'syscall' in error
}

function cannotWrite(folder: string, cause: NodeJS.ErrnoException): PixelwiseError {
  return new PixelwiseError('model/cannot-write', {
    what: `cannot save a model as ${folder} (${cause.code} on ${cause.syscall})`,
    rule: 'the folder that holds it must be writable, with room for the weights',
    next: 'check the path, its permissions and the free space, or save elsewhere',
    cause,
  })
}

/**
 * Loads a model folder; `layers` are the layers that are not of tfjs. The caller disposes the model.
 *
 * Throws the errors of `readModel`, which name the file and the tensor.
 *
 * @example
 * const { model, description } = await loadModel('my-model', { layers: new LayerRegistry(coreLayers) })
 */
export async function loadModel(folder: string, options: ReadModelOptions = {}): Promise<StoredModel> {
  await checkExists(folder)
  return readModel(folderStore(folder), options)
}

async function checkExists(folder: string): Promise<void> {
  const found = await stat(folder).catch(() => undefined)
  if (found?.isDirectory()) return
  const target = resolve(folder)
  const replaced = (await leftovers(target)).find(({ kind }) => kind === 'replaced')
  throw new PixelwiseError('model/no-folder', {
    what: `cannot load a model from ${folder}: ${found ? 'it is not a folder' : 'there is no such folder'}`,
    rule: 'a model is a folder with model.json, pixelwise.json and weight files',
    next: replaced
      ? `an interrupted save left the earlier model in ${join(dirname(folder), replaced.name)}: rename it back`
      : found
        ? 'pass the folder that holds the file'
        : 'check the path',
  })
}

/** Refuses to replace anything but a model. */
async function checkReplaceable(target: string, folder: string): Promise<void> {
  const names = await readdir(target).catch((error: NodeJS.ErrnoException): string[] => {
    if (error.code === 'ENOENT') return []
    if (error.code !== 'ENOTDIR' || !existsSync(target)) throw error // a part of its path may be the file
    throw notAModelFolder(`${folder} is a file`)
  })
  const foreign = names.find((name) => !/^(model\.json|pixelwise\.json|.*\.bin)$/.test(name))
  if (foreign !== undefined) throw notAModelFolder(`${folder} holds ${foreign}`)
  if (names.length > 0 && !names.includes('model.json')) throw notAModelFolder(`${folder} has files but no model.json`)
}

function notAModelFolder(what: string): PixelwiseError {
  return new PixelwiseError('model/not-a-model-folder', {
    what: `will not replace: ${what}`,
    rule: 'saving replaces a whole folder, so it must be new, empty, or hold a model and nothing else',
    next: 'save to another folder, for example one inside this one',
  })
}

/** Replaces the target; between the two renames the earlier model lies under its `replaced` name. */
async function moveIntoPlace(partial: string, target: string): Promise<void> {
  const replaced = asideName(target, 'replaced')
  const hadEarlier = await rename(target, replaced).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return false
      throw error
    },
  )
  try {
    await rename(partial, target)
  } catch (error) {
    if (hadEarlier) await rename(replaced, target)
    throw error
  }
  if (hadEarlier) await rm(replaced, { recursive: true, force: true })
}

/** `models/net` → `models/.net.partial-4711-1a2b3c4d`, where 4711 is the process that writes it. */
function asideName(target: string, kind: 'partial' | 'replaced'): string {
  return join(dirname(target), `.${basename(target)}.${kind}-${process.pid}-${randomBytes(4).toString('hex')}`)
}

/** What earlier saves of this target left beside it and whose process no longer runs. */
async function leftovers(target: string): Promise<{ name: string; kind: string }[]> {
  const names = await readdir(dirname(target)).catch(() => [])
  const prefix = `.${basename(target)}.`
  return names.flatMap((name) => {
    const [, kind, owner] = /^(partial|replaced)-(\d+)-[0-9a-f]{8}$/.exec(name.slice(prefix.length)) ?? []
    return name.startsWith(prefix) && kind !== undefined && !isRunning(Number(owner)) ? [{ name, kind }] : []
  })
}

/** Removes leftovers, but first puts an earlier model back where an interrupted save had moved it away. */
async function clearLeftovers(target: string): Promise<void> {
  for (const { name, kind } of await leftovers(target)) {
    const path = join(dirname(target), name)
    const isOnlyCopy = kind === 'replaced' && (await stat(target).catch(() => undefined)) === undefined
    if (isOnlyCopy) await rename(path, target)
    else await rm(path, { recursive: true, force: true })
  }
}

function isRunning(pid: number): boolean {
  if (pid === process.pid) return true
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
