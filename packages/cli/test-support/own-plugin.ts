import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

const source = new URL('own-net.ts', import.meta.url).href

/** Writes a module that exports what `own-net.ts` does, and returns its path. */
export function writeOwnPlugin(folder: string, name = 'own.mjs'): string {
  const file = join(folder, name)
  writeFileSync(file, `export { backbones, layers } from ${JSON.stringify(source)}\n`)
  return file
}
