import { existsSync } from 'fs'
import { join } from 'path'
import { requireNode } from './shared/node-version.mjs'
import { build, install } from './shared/prepare.mjs'
import { root, run } from './shared/run.mjs'

requireNode([20, 0])

async function main() {
  if (!(await install()) || !(await build())) return 1
  const entry = join(root, 'examples', 'demo', 'dist', 'main.js')
  if (!existsSync(entry)) {
    console.error(`${entry} is missing: the build should have written it; run npm test to see what is wrong.`)
    return 1
  }
  const result = await run(process.execPath, [entry].concat(process.argv.slice(2)), { inherit: true })
  return result.code
}

main().then((code) => {
  process.exitCode = code
})
