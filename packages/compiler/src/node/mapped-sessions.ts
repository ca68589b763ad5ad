import { createHash, webcrypto } from 'node:crypto'
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { encodeModelFiles } from '../onnx/encode-model.js'
import type { OnnxGraph } from '../onnx/onnx-graph.js'
import type { OnnxRuntime, OnnxSession, SessionOptions } from '../run/onnx-runtime.js'
import { type SessionMaker, startSession } from '../run/session.js'
import { isIntact, markUsed, prune, seal } from './cache-entry.js'
import { defaultCacheFolder } from './default-cache-folder.js'
import { machineIdentity } from './machine-identity.js'
import { writeParts } from './write-parts.js'

/** Where optimised models are kept, and how many. */
export interface MappedSessionsOptions {
  /** Where optimised models are kept. Default: `pixelwise` in the user's folder for caches. */
  readonly folder?: string
  /** Most bytes to keep; what was used longest ago is deleted first. Default 4 GiB. */
  readonly largest?: number
}

/** Smaller models start at once without. */
const smallestWeights = 2 ** 20

/**
 * Sessions whose weights are mapped into memory from a file: they start in milliseconds, and sessions and processes share
 * one copy.
 *
 * The first session of a model stores it as ONNX Runtime optimises it for this machine; the folder of a model is named after
 * the graph with its weights, the options, the CPU and the version of ONNX Runtime. Folders are written aside and renamed;
 * one that is damaged is written again. Serves the provider `cpu`; with others sessions hold their weights.
 *
 * @example
 * const runtime = await loadOnnxRuntime()
 * const engine = new CompiledEngine(runtime, { sessions: mappedSessions(runtime) })
 */
export function mappedSessions(runtime: OnnxRuntime, options: MappedSessionsOptions = {}): SessionMaker {
  const { folder = defaultCacheFolder(), largest = 2 ** 32 } = options
  return async (graph, sessionOptions) => {
    const weights = graph.initializers.reduce((sum, { data }) => sum + data.byteLength, 0)
    if (!onCpuAlone(sessionOptions) || weights < smallestWeights)
      return fromFiles(runtime, graph, sessionOptions, folder)
    const entry = join(folder, await keyOf(graph, sessionOptions))
    const known = await openEntry(runtime, entry, sessionOptions)
    if (known !== undefined) return known
    await writeEntry(runtime, graph, sessionOptions, folder, entry)
    await prune(folder, largest, entry)
    const session = await openEntry(runtime, entry, sessionOptions)
    return session ?? fromFiles(runtime, graph, sessionOptions, folder)
  }
}

function onCpuAlone({ executionProviders = ['cpu'] }: SessionOptions): boolean {
  return executionProviders.length === 1 && executionProviders[0] === 'cpu'
}

async function keyOf(graph: OnnxGraph, options: SessionOptions): Promise<string> {
  const { model, data } = encodeModelFiles(graph, { location: 'weights' })
  const hash = createHash('sha256')
    .update(JSON.stringify([await machineIdentity(), options]))
    .update(model)
  // Digests of the tensors, computed on other threads.
  const digests = await Promise.all(data.map((part) => webcrypto.subtle.digest('SHA-256', asPlain(part))))
  for (const digest of digests) hash.update(new Uint8Array(digest))
  return hash.digest('hex').slice(0, 40)
}

/** WebCrypto takes no shared memory. */
function asPlain(part: Uint8Array): Uint8Array<ArrayBuffer> {
  return part.buffer instanceof ArrayBuffer ? (part as Uint8Array<ArrayBuffer>) : new Uint8Array(part)
}

async function openEntry(
  runtime: OnnxRuntime,
  entry: string,
  options: SessionOptions,
): Promise<OnnxSession | undefined> {
  if (!(await isIntact(entry))) return undefined
  try {
    const session = await startSession(runtime, join(entry, 'model.onnx'), {
      ...options,
      graphOptimizationLevel: 'disabled', // that was done when it was written
    })
    await markUsed(entry)
    return session
  } catch {
    return undefined // ONNX Runtime cannot read it: as good as damaged
  }
}

async function writeEntry(
  runtime: OnnxRuntime,
  graph: OnnxGraph,
  options: SessionOptions,
  folder: string,
  entry: string,
): Promise<void> {
  await withSource(graph, folder, async (aside, source) => {
    const target = join(aside, 'entry')
    await mkdir(target)
    const session = await startSession(runtime, source, {
      ...options,
      optimizedModelFilePath: join(target, 'model.onnx'),
      extra: {
        session: {
          optimized_model_external_initializers_file_name: 'weights.bin',
          optimized_model_external_initializers_min_size_in_bytes: '1024',
          save_external_prepacked_constant_initializers: '1',
        },
      },
    })
    await session.release()
    await seal(target)
    await rm(entry, { recursive: true, force: true })
    await rename(target, entry).catch((error) => {
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error // another process was faster
    })
  })
}

/** A session that reads the graph once, for what is not kept. */
function fromFiles(
  runtime: OnnxRuntime,
  graph: OnnxGraph,
  options: SessionOptions,
  folder: string,
): Promise<OnnxSession> {
  return withSource(graph, folder, (_, source) => startSession(runtime, source, options))
}

/** Writes the graph into a folder of its own while `use` needs it. */
async function withSource<T>(
  graph: OnnxGraph,
  folder: string,
  use: (aside: string, source: string) => Promise<T>,
): Promise<T> {
  await mkdir(folder, { recursive: true })
  const aside = await mkdtemp(join(folder, '.new-'))
  try {
    const { model, data } = encodeModelFiles(graph, { location: 'source.bin' })
    const source = join(aside, 'source.onnx')
    await writeParts(source, [model])
    await writeParts(join(aside, 'source.bin'), data)
    return await use(aside, source)
  } finally {
    await rm(aside, { recursive: true, force: true })
  }
}
