import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

/** What `#platform` of core's package.json means in Node. */
const platformAlias = {
  find: /^#platform$/,
  replacement: fileURLToPath(new URL('packages/core/src/node/platform.ts', import.meta.url)),
}

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

const minutes = 60_000

export default defineConfig({
  resolve: { alias: [...sourceAliases(), platformAlias] },
  test: {
    pool: 'forks',
    maxWorkers: 2,
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['{packages,internal}/*/src/**/*.test.ts', 'examples/demo/src/**/*.test.ts'],
          testTimeout: minutes,
          hookTimeout: minutes,
        },
      },
      {
        // What only shows once everything is built, packed and installed.
        extends: true,
        test: {
          name: 'repository',
          include: ['tests/**/*.test.ts'],
          globalSetup: ['tests/support/packed-packages.ts'],
          testTimeout: 10 * minutes,
          hookTimeout: 10 * minutes,
        },
      },
    ],
  },
})
