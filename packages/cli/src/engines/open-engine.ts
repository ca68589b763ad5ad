import { compiledEngine } from '@pixelwise/compiler/node'
import { EagerEngine, type Engine, PixelwiseError, useBackend } from '@pixelwise/core'
import { env } from '@tensorflow/tfjs-core'
import { note } from '../output/streams.js'
import type { EngineName } from './engine-names.js'

/** An engine that is ready, and how reports call it: `compiled`, or the backend on which nets run eagerly. */
export interface OpenedEngine {
  readonly engine: Engine
  readonly label: string
}

export interface OpenEngineOptions {
  /** Keeps optimised models in the user's folder for caches: for weights that do not change. Default false. */
  readonly cache?: boolean
}

/**
 * Starts what `--engine` asks for. Throws `compiler/no-onnx-runtime` or `backend/unavailable` where it cannot be had;
 * `auto` takes what there is.
 */
export async function openEngine(name: EngineName, { cache = false }: OpenEngineOptions = {}): Promise<OpenedEngine> {
  // Spares people tfjs's advice to install another package.
  env().set('PROD', true)
  if (name !== 'auto' && name !== 'compiled') return eagerOn(name)
  // What is not compiled, such as the argmax over scores, is little beside the net.
  await useBackend('wasm')
  try {
    const engine = await compiledEngine({ fallback: 'error', cache })
    return { engine: name === 'compiled' ? engine : await compiledEngine({ warn: note, cache }), label: 'compiled' }
  } catch (error) {
    if (name === 'compiled' || !(error instanceof PixelwiseError)) throw error
    return eagerOn('auto')
  }
}

async function eagerOn(backend: Exclude<EngineName, 'compiled'>): Promise<OpenedEngine> {
  const { chosen } = await useBackend(backend)
  return { engine: new EagerEngine(), label: chosen }
}
