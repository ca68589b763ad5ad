import { type FileHandle, open, readdir, stat } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import { PixelwiseError } from '@pixelwise/masks/shared'

/** 2 GiB − 1: what Node 20 reads in one piece, and more than any single file that is read whole. */
const largestFile = 2 ** 31 - 1

/** Reads a whole file. Rejects with `file/missing` (naming a file that differs in ending or case), `file/too-large` or `file/unreadable`. */
export async function readBytes(path: string): Promise<Uint8Array> {
  let handle: FileHandle | undefined
  try {
    handle = await open(path)
    const { size } = await handle.stat()
    if (size > largestFile) throw tooLarge(path, size)
    // One read in place of readFile's several: each is a turn in a queue that decoding shares.
    const bytes = new Uint8Array(size)
    const { bytesRead } = await handle.read(bytes, 0, size, 0)
    return bytesRead === size && size > 0 ? bytes : await handle.readFile()
  } catch (cause) {
    throw cause instanceof PixelwiseError ? cause : await unreadable(path, cause)
  } finally {
    await handle?.close()
  }
}

/** Reads a UTF-8 text file; errors as `readBytes`. */
export async function readText(path: string): Promise<string> {
  return new TextDecoder().decode(await readBytes(path))
}

/** The names in a folder, sorted. Rejects with `file/missing` when there is no such folder. */
export async function listFolder(path: string): Promise<string[]> {
  try {
    return (await readdir(path)).filter((name) => !name.startsWith('.')).sort()
  } catch (cause) {
    throw await unreadable(path, cause)
  }
}

function tooLarge(path: string, size: number): PixelwiseError {
  return new PixelwiseError('file/too-large', {
    what: `${path} has ${size} bytes`,
    rule: `files are read whole up to ${largestFile} bytes`,
    next: 'check that this is the right file',
  })
}

export async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}

async function unreadable(path: string, cause: unknown): Promise<PixelwiseError> {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined
  if (code !== 'ENOENT' && code !== 'ENOTDIR') {
    return new PixelwiseError('file/unreadable', {
      what: `${path} cannot be read (${cause instanceof Error ? cause.message : cause})`,
      rule: 'it must be a readable file',
      next: 'check its kind and permissions',
      cause,
    })
  }
  const siblings = await readdir(dirname(path)).catch(() => undefined)
  const name = basename(path)
  const near = siblings?.find((other) => stem(other) === stem(name))
  return new PixelwiseError('file/missing', {
    what: `${path} does not exist`,
    rule: siblings === undefined ? `there is no folder ${dirname(path)} either` : 'the data set needs it',
    next: near === undefined ? nextFor(name, siblings ?? []) : `did you mean "${near}"?`,
    cause,
  })
}

/** A list that names `a.png` leads to `a.png.png`, or to `a.png.mat`. */
function nextFor(name: string, siblings: readonly string[]): string {
  const [, listed, id] = /^((.+)\.(?:png|jpe?g|mat|xml))\.[a-z]+$/i.exec(name) ?? []
  return id !== undefined && siblings.some((other) => stem(other) === id.toLowerCase())
    ? `write "${id}" in the list, not "${listed}": names stand there without ending`
    : 'check the path, or restore the file'
}

/** A file name without extension and case: what a mistaken ending or a changed case leaves equal. */
function stem(name: string): string {
  return name.toLowerCase().replace(/\.[a-z0-9]+$/, '')
}
