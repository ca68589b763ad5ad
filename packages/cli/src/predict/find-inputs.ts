import { readdir, stat } from 'node:fs/promises'
import { extname, join, relative, resolve, sep } from 'node:path'
import { PixelwiseError } from '@pixelwise/masks/shared'
import picomatch from 'picomatch'

/** A file to label, and what its results are called: its path below the folder it was found in, without ending. */
export interface Input {
  readonly file: string
  readonly name: string
}

const endings = ['.png', '.jpg', '.jpeg', '.npy']

/**
 * The files that arguments name: files as they stand, folders with all below them, globs (`photos/*.jpg`, `**`, `{a,b*}`, `[0-9]`)
 * for shells that leave them alone. Sorted, each once.
 *
 * What lies in a folder of `results` is none, unless an argument names it: the folder may be below one of the images.
 *
 * Throws `predict/no-input` for an argument that names nothing, `predict/same-name` where results would overwrite each other.
 */
export async function findInputs(patterns: readonly string[], results: readonly string[] = []): Promise<Input[]> {
  const found = new Map<string, Input>()
  for (const pattern of patterns) {
    const inputs = (await inputsOf(pattern)).filter(({ file }) => !isResult(file, pattern, results))
    if (inputs.length === 0) throw noInput(pattern)
    for (const input of inputs) found.set(resolve(input.file), found.get(resolve(input.file)) ?? input)
  }
  const inputs = [...found.values()].sort((a, b) => (a.file < b.file ? -1 : 1))
  const byName = new Map<string, string>()
  for (const { file, name } of inputs) {
    const other = byName.get(name)
    if (other !== undefined) throw sameName(other, file, name)
    byName.set(name, file)
  }
  return inputs
}

function isResult(file: string, pattern: string, results: readonly string[]): boolean {
  const isIn = (path: string, folder: string) => `${resolve(path)}${sep}`.startsWith(`${resolve(folder)}${sep}`)
  return results.some((folder) => isIn(file, folder) && !isIn(pattern, folder))
}

async function inputsOf(pattern: string): Promise<Input[]> {
  const found = await stat(pattern).catch(() => undefined)
  if (found?.isFile()) return [{ file: pattern, name: nameOf(pattern.split(/[/\\]/).at(-1) ?? pattern) }]
  if (found?.isDirectory()) return filesBelow(pattern, () => true)
  if (!/[*?{[]/.test(pattern)) return []
  const normal = pattern.replaceAll('\\', '/')
  const fixed = normal.slice(0, normal.search(/[*?{[]/))
  const folder = fixed.includes('/') ? fixed.slice(0, fixed.lastIndexOf('/')) || '/' : '.'
  const rest = fixed.includes('/') ? normal.slice(fixed.lastIndexOf('/') + 1) : normal
  return filesBelow(folder, globMatcher(rest))
}

async function filesBelow(folder: string, isWanted: (path: string) => boolean): Promise<Input[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => [])
  return entries.flatMap((entry) => {
    const file = join(entry.parentPath ?? entry.path, entry.name)
    const path = relative(folder, file).replaceAll(sep, '/')
    const isImage = endings.includes(extname(file).toLowerCase()) && !entry.name.startsWith('.')
    return entry.isFile() && isImage && isWanted(path) ? [{ file, name: nameOf(path) }] : []
  })
}

/** Whether paths fit a glob: `[!a]` is as in POSIX, parentheses are letters of names, as in `photo (1)*.png`. */
function globMatcher(glob: string): (path: string) => boolean {
  const options = { dot: true, nonegate: true, noextglob: true, posix: true, regex: false }
  return picomatch(glob.replaceAll(/[()]/g, '\\$&'), options)
}

function nameOf(path: string): string {
  const ending = extname(path)
  return ending === '' ? path : path.slice(0, -ending.length)
}

function noInput(pattern: string): PixelwiseError {
  return new PixelwiseError('predict/no-input', {
    what: `${pattern} names no image`,
    rule: `inputs are files, folders or globs of ${endings.join(', ')}`,
    next: 'check the path',
  })
}

function sameName(first: string, second: string, name: string): PixelwiseError {
  return new PixelwiseError('predict/same-name', {
    what: `the results of ${first} and ${second} would both be called ${name}`,
    rule: 'results are called as their image is, without its ending',
    next: 'label them in two runs, into two folders',
  })
}
