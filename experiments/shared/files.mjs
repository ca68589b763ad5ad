import { existsSync } from 'node:fs'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The sample data beside the repository; without it the experiments on real images cannot run. */
export const sampleData = fileURLToPath(new URL('../../../shared/data/', import.meta.url))

/** Writes a file whole or not at all, so that a run that is killed leaves no half results behind. */
export async function writeWhole(path, content) {
  await mkdir(dirname(path), { recursive: true })
  await writeFile(`${path}.partial`, content)
  await rename(`${path}.partial`, path)
}

export const writeJson = (path, value) => writeWhole(path, `${JSON.stringify(value, null, 1)}\n`)

export async function readJson(path) {
  return JSON.parse(await readFile(path, 'utf8'))
}

/** What `make` gives, or what it gave when the same file was made before. */
export async function cached(path, make) {
  if (existsSync(path)) return readJson(path)
  const value = await make()
  await writeJson(path, value)
  return value
}
