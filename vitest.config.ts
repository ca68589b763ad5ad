import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

/** Tests import `@pixelwise/*` from source: every `exports` entry `./x` of a package maps to its `src/x/index.ts`. */
function sourceAliases(): { find: RegExp; replacement: string }[] {
  return ['packages', 'internal'].flatMap((room) =>
    readdirSync(new URL(`${room}/`, import.meta.url)).map((folder) => {
      const root = new URL(`${room}/${folder}/`, import.meta.url)
      const { name } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8'))
      return {
        find: new RegExp(`^${name}(/(?!package\\.json).+)?$`),
        replacement: `${fileURLToPath(root)}src$1/index.ts`,
      }
    }),
  )
}

export default defineConfig({
  resolve: { alias: sourceAliases() },
  test: {
    include: ['{packages,internal}/*/src/**/*.test.ts', 'tests/**/*.test.ts'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
})
