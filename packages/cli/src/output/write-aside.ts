import { randomBytes } from 'node:crypto'
import { rename, rm, writeFile } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { PixelwiseError } from '@pixelwise/masks/shared'

/** Writes a text file as {@link writeAside} does. */
export async function writeTextAside(file: string, text: string): Promise<void> {
  await writeAside(file, text)
}

/** Writes a file beside its place and renames it, so that nobody ever reads half a file. Throws `cli/cannot-write`. */
export async function writeAside(file: string, content: string | Uint8Array): Promise<void> {
  const target = resolve(file)
  const partial = join(dirname(target), `.${basename(target)}.partial-${process.pid}-${randomBytes(4).toString('hex')}`)
  try {
    await writeFile(partial, content)
    await rename(partial, target)
  } catch (cause) {
    await rm(partial, { force: true }).catch(() => undefined) // below a file it cannot even be looked for
    throw cannotWrite(file, cause)
  }
}

/** The error of a file that could not be written, `cli/cannot-write`. */
export function cannotWrite(file: string, cause: unknown): PixelwiseError {
  const code = cause instanceof Error && 'code' in cause ? cause.code : cause
  return new PixelwiseError('cli/cannot-write', {
    what: `cannot write ${file} (${code})`,
    rule: 'its folder must exist and be writable, and nothing else may bear its name',
    next: 'make the folder, or choose another place',
    cause,
  })
}
