import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { repository } from './packages.js'

/** Every Markdown file of the repository that is written by hand. */
export const pages: readonly string[] = [
  '.',
  'benchmarks',
  'docs',
  'examples',
  'experiments',
  'internal',
  'oracles',
  'packages',
  'scripts',
].flatMap((room) =>
  readdirSync(join(repository, room), { recursive: room !== '.', encoding: 'utf8' })
    .map((path) => join(room, path))
    .filter((path) => path.endsWith('.md') && !/node_modules|[\\/](dist|fixtures|api)[\\/]/.test(path)),
)
