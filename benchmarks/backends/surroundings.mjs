import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { availableParallelism, cpus, loadavg, totalmem } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const require = createRequire(import.meta.url)
const here = dirname(fileURLToPath(import.meta.url))

/** What a figure must name to be worth anything: machine, versions, commit, load. */
export function surroundings() {
  return {
    machine: `${cpus()[0]?.model ?? 'unknown processor'}, ${availableParallelism()} cores, ${Math.round(totalmem() / 2 ** 30)} GiB`,
    node: process.version,
    versions: Object.fromEntries(
      ['core', 'layers', 'backend-wasm', 'backend-cpu', 'backend-webgpu', 'node', 'node-gpu'].flatMap((part) => {
        const version = installedVersion(`@tensorflow/tfjs-${part}`)
        return version === undefined ? [] : [[`tfjs-${part}`, version]]
      }),
    ),
    commit: commit(),
    loadBefore: loadavg()[0],
  }
}

function installedVersion(name) {
  try {
    return JSON.parse(readFileSync(require.resolve(`${name}/package.json`), 'utf8')).version
  } catch {
    return undefined
  }
}

function commit() {
  try {
    const git = (...args) => execFileSync('git', args, { cwd: join(here, '..'), encoding: 'utf8' }).trim()
    const changed = git('status', '--porcelain') === '' ? '' : ' with changes'
    return `${git('rev-parse', '--short', 'HEAD')}${changed}`
  } catch {
    return 'unknown'
  }
}
