import { requireNode } from './shared/node-version.mjs'
import { build, install } from './shared/prepare.mjs'

requireNode([20, 0])

async function main() {
  return (await install()) && (await build())
}

main().then((built) => {
  process.exitCode = built ? 0 : 1
})
