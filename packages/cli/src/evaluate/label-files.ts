import { readdir } from 'node:fs/promises'
import { extname, join, sep } from 'node:path'
import { PixelwiseError } from '@pixelwise/masks/shared'

const endings = ['.png', '.npy']

/**
 * The label maps of a folder and of all below it: file by name, which is the path below the folder without ending.
 *
 * Throws `evaluate/no-folder`, and `evaluate/ambiguous` for two files of one name.
 */
export async function labelFiles(folder: string): Promise<Map<string, string>> {
  const found = new Map<string, string>()
  for (const path of (await listFolder(folder)).sort()) {
    const ending = extname(path)
    if (!endings.includes(ending.toLowerCase())) continue
    const name = path.slice(0, -ending.length).replaceAll(sep, '/')
    const file = join(folder, path)
    const other = found.get(name)
    if (other !== undefined) throw ambiguous(other, file)
    found.set(name, file)
  }
  return found
}

async function listFolder(folder: string): Promise<string[]> {
  return readdir(folder, { recursive: true }).catch((cause) => {
    throw new PixelwiseError('evaluate/no-folder', {
      what: `cannot read the folder ${folder} (${cause.code ?? cause})`,
      rule: 'it must be a folder of label maps',
      next: 'check the path',
      cause,
    })
  })
}

function ambiguous(first: string, second: string): PixelwiseError {
  return new PixelwiseError('evaluate/ambiguous', {
    what: `${first} and ${second} have the same name`,
    rule: 'label maps pair up by name without ending',
    next: 'move one of them away',
  })
}
