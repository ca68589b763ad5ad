import { mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { PixelwiseError } from '@pixelwise/masks/shared'
import { exists } from './files.js'

/** Marks a folder as made by a synthesiser, so that only such folders are ever replaced. */
export const synthesisRecord = 'synthetic.json'

/** How a folder is written. */
export interface WriteOptions {
  /** Replaces a folder that an earlier synthesis made; other folders are never touched. Default false. */
  readonly overwrite?: boolean
}

/**
 * Writes a folder beside its place and renames it when complete, so that a half-written data set is never seen.
 *
 * Rejects with `synthesis/not-empty` when the place holds something and `overwrite` does not allow replacing it, and with
 * `synthesis/not-a-folder` where a file has it, or nothing can be written.
 */
export async function writeAside(
  root: string,
  { overwrite = false }: WriteOptions,
  record: Readonly<Record<string, unknown>>,
  write: (folder: string) => Promise<void>,
): Promise<void> {
  const target = resolve(root)
  const content = await contentOf(target)
  if (content.length > 0) await checkReplaceable(target, content, overwrite)
  const aside = await folderBeside(target)
  try {
    const fresh = join(aside, 'fresh')
    await mkdir(fresh)
    await write(fresh)
    await writeFile(join(fresh, synthesisRecord), `${JSON.stringify(record, undefined, 2)}\n`)
    if (await exists(target)) await rename(target, join(aside, 'replaced'))
    await rename(fresh, target)
  } finally {
    await rm(aside, { recursive: true, force: true })
  }
}

/** What a folder holds: nothing where there is none yet. */
async function contentOf(target: string): Promise<string[]> {
  return readdir(target).catch((cause) => {
    if (cause.code === 'ENOENT') return []
    throw notAFolder(target, cause)
  })
}

async function folderBeside(target: string): Promise<string> {
  try {
    await mkdir(dirname(target), { recursive: true })
    return await mkdtemp(join(dirname(target), `.${basename(target)}-`))
  } catch (cause) {
    throw notAFolder(target, cause)
  }
}

function notAFolder(target: string, cause: unknown): PixelwiseError {
  const code = cause instanceof Error && 'code' in cause ? cause.code : cause
  return new PixelwiseError('synthesis/not-a-folder', {
    what: `${target} is no folder that can be written (${code})`,
    rule: 'a synthetic data set goes into a new or empty folder',
    next: 'choose another folder',
    cause,
  })
}

async function checkReplaceable(target: string, content: readonly string[], overwrite: boolean): Promise<void> {
  if (overwrite && content.includes(synthesisRecord)) return
  throw new PixelwiseError('synthesis/not-empty', {
    what: `${target} already holds ${content.length} ${content.length === 1 ? 'entry' : 'entries'}`,
    rule: overwrite
      ? `only folders with a ${synthesisRecord}, written by an earlier synthesis, are replaced`
      : 'a synthetic data set goes into a new or empty folder',
    next: overwrite
      ? 'choose another folder'
      : 'choose another folder, or pass overwrite to replace an earlier synthesis',
  })
}
