// Bundles the scripts of this folder, so that plain Node runs them: packages are taken from source.
import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = new URL('../../packages/', import.meta.url)
const alias = {}
for (const folder of readdirSync(root)) {
  for (const entry of ['/shared', '/node', '']) {
    alias[`@pixelwise/${folder}${entry}`] = fileURLToPath(new URL(`${folder}/src${entry}/index.ts`, root))
  }
}

export default ['write-nets', 'full-width'].map((script) => ({
  input: fileURLToPath(new URL(`${script}.ts`, import.meta.url)),
  platform: 'node',
  resolve: { alias },
  external: [/^@tensorflow/, /^node:/, /^sharp$/, '#platform'],
  output: { file: fileURLToPath(new URL(`dist/${script}.mjs`, import.meta.url)), format: 'esm' },
}))
