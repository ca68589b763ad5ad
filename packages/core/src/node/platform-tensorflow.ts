import { execFile } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import util, { promisify } from 'node:util'
import * as tf from '@tensorflow/tfjs-core'
import { activate, failedToStart, messageOf } from '../backends/activate.js'
import type { Availability, BackendCandidate, BackendDetails, Unavailable } from '../backends/candidate.js'
import { requirePeer, resolvePeer } from './platform-modules.js'

/** The optional peers that bring libtensorflow, best first. */
const peers = ['@tensorflow/tfjs-node-gpu', '@tensorflow/tfjs-node'] as const

const notInstalled: Unavailable = {
  available: false,
  missingPackage: true,
  why: 'it runs on @tensorflow/tfjs-node-gpu (NVIDIA GPU) or @tensorflow/tfjs-node (processor)',
  next: 'run npm install @tensorflow/tfjs-node-gpu or npm install @tensorflow/tfjs-node',
}

/** libtensorflow through tfjs-node-gpu, else tfjs-node. */
export const tensorflow: BackendCandidate = {
  name: 'tensorflow',
  async probe(thorough) {
    let best: Availability = notInstalled
    for (const peer of installedPeers()) {
      const found = await probePeer(peer, thorough)
      if (found.available) return found
      if (best === notInstalled) best = found
    }
    return best
  },
  async start() {
    restoreRemovedUtilities()
    const failures: string[] = []
    for (const peer of installedPeers()) {
      try {
        requirePeer(peer)
        await activate('tensorflow')
        return { details: describe(peer) }
      } catch (error) {
        failures.push(`${peer}: ${messageOf(error)}`)
      }
    }
    throw failedToStart('tensorflow', failures.join('. '), { next: howToRebuild(installedPeers()) })
  },
}

function installedPeers(): (typeof peers)[number][] {
  return peers.filter((peer) => resolvePeer(peer) !== undefined)
}

async function probePeer(peer: string, thorough: boolean): Promise<Availability> {
  const root = dirname(requirePeer.resolve(`${peer}/package.json`))
  const binding = findBinding(root)
  const rebuild = howToRebuild([peer])
  if (binding === undefined) {
    return { available: false, why: `${peer} is installed without its native library`, next: rebuild }
  }
  if (thorough) {
    const failure = await loadingFailure(binding)
    if (failure)
      return { available: false, why: `the native library of ${peer} does not load (${failure})`, next: rebuild }
  }
  return { available: true, details: { package: peer, version: requirePeer(`${peer}/package.json`).version } }
}

function howToRebuild(installed: readonly string[]): string {
  return `run npm rebuild ${installed.join(' ')} and read what it prints`
}

/** tfjs-node keeps one binding per Node-API version, in `lib/napi-v8` and the like. */
function findBinding(root: string): string | undefined {
  const library = join(root, 'lib')
  if (!existsSync(library)) return undefined
  return readdirSync(library)
    .map((folder) => join(library, folder, 'tfjs_binding.node'))
    .find((file) => existsSync(file))
}

/** Why a native library does not load, found in another process, so that a broken one cannot harm this one. */
async function loadingFailure(binding: string): Promise<string | undefined> {
  try {
    await promisify(execFile)(process.execPath, ['-e', 'require(process.argv[1])', binding])
    return undefined
  } catch (error) {
    const { stderr } = error as { stderr?: string }
    return /Error: (.*)/.exec(stderr ?? '')?.[1] ?? messageOf(error)
  }
}

/** tfjs-node 4.22 calls two functions that Node 23 removed from `util`. */
function restoreRemovedUtilities(): void {
  const utilities = util as unknown as Record<string, unknown>
  utilities['isNullOrUndefined'] ??= (value: unknown) => value === null || value === undefined
  utilities['isArray'] ??= Array.isArray
}

/** The part of tfjs-node's backend that says what it runs on. */
interface NodeBackend {
  readonly isUsingGpuDevice: boolean
  readonly binding: { readonly TF_Version: string }
}

function describe(peer: string): BackendDetails {
  const { isUsingGpuDevice, binding } = tf.backend() as unknown as NodeBackend
  return {
    package: peer,
    version: requirePeer(`${peer}/package.json`).version,
    libtensorflow: binding.TF_Version,
    device: isUsingGpuDevice ? 'GPU' : 'CPU',
  }
}
