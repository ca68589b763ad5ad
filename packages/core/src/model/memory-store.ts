import { type ModelStore, missingFile } from './model-store.js'

/** A model in memory: a copy of a model, a model to send elsewhere. `files` holds what has been written. */
export function memoryStore(files: Map<string, Uint8Array> = new Map()): ModelStore & {
  readonly files: Map<string, Uint8Array>
} {
  return {
    location: 'memory',
    files,
    async *read(name) {
      const bytes = files.get(name)
      if (bytes === undefined) throw missingFile('memory', name, 'no such file')
      yield bytes
    },
    async write(name, bytes) {
      files.set(name, bytes.slice())
    },
  }
}
