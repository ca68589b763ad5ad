// Bundles write-nets.ts, so that plain Node runs it: packages are taken from source.
import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = new URL('../../packages/', import.meta.url)
const alias = {}
for (const folder of readdirSync(root)) {
  for (const entry of ['/shared', '/node', '']) {
    alias[`@pixelwise/${folder}${entry}`] = fileURLToPath(new URL(`${folder}/src${entry}/index.ts`, root))
  }
}

export default {
  input: fileURLToPath(new URL('write-nets.ts', import.meta.url)),
  platform: 'node',
  resolve: { alias },
  external: [/^@tensorflow/, /^node:/, /^sharp$/, '#platform'],
  output: { file: fileURLToPath(new URL('dist/write-nets.mjs', import.meta.url)), format: 'esm' },
}
