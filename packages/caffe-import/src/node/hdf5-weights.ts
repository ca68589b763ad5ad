import { stat } from 'node:fs/promises'
import { PixelwiseError } from '@pixelwise/masks/shared'
import { shortName } from '../names.js'
import { arrayBlob, type WeightLayer, type WeightSource } from '../weights/weight-source.js'
import { unreadable } from './file-bytes.js'

/** What is used of h5wasm, which is an optional peer. */
interface H5Module {
  readonly ready: Promise<unknown>
  readonly File: new (path: string, mode: string) => H5Group & { close(): void }
  readonly Module: { activate_throwing_error_handler(): void; deactivate_throwing_error_handler(): void }
}

interface H5Group {
  keys(): string[]
  get(path: string): H5Group | H5Dataset | null
}

interface H5Dataset {
  readonly shape: number[] | null
  readonly metadata: { readonly size: number; readonly total_size: number }
  readonly value: unknown
}

/**
 * Weights that Caffe wrote as HDF5: group `data`, in it a group for each layer with the datasets `0`, `1`, …
 *
 * Needs the package h5wasm. Throws `caffe/no-h5wasm`, `caffe/bad-hdf5`, `caffe/unreadable-file` and, when a badly
 * damaged file has ended the library for the rest of the process, `caffe/hdf5-ended`.
 */
export async function readHdf5Weights(path: string): Promise<WeightSource> {
  const h5 = await h5wasm()
  const { size } = await stat(path).catch((cause) => {
    throw unreadable(path, 'there is no such file', cause)
  })
  return guarded(h5, path, () => {
    const file = new h5.File(path, 'r')
    try {
      const data = file.get('data')
      if (data === null || !('keys' in data)) throw badFile(path, 'it has no group "data"')
      const most = { path, bytes: size }
      return { name: path, format: 'HDF5', layers: data.keys().map((name) => readLayer(data, name, most)) }
    } finally {
      file.close()
    }
  })
}

/** Whether the library has given up: it then does nothing more in this process. */
let hasEnded = false

/** While it acts, the library throws what it otherwise prints; all that it throws becomes an error about the file. */
function guarded<T>({ Module }: H5Module, path: string, action: () => T): T {
  if (hasEnded) throw ended(path)
  Module.activate_throwing_error_handler()
  try {
    return action()
  } catch (cause) {
    if (cause instanceof PixelwiseError) throw cause
    hasEnded = cause instanceof WebAssembly.RuntimeError
    throw badFile(path, `it cannot be read (${reasonOf(cause)})`, cause)
  } finally {
    if (!hasEnded) Module.deactivate_throwing_error_handler()
  }
}

/** The library's messages list its calls; the innermost, last one says what was wrong. */
function reasonOf(cause: unknown): string {
  const message = (cause instanceof Error ? cause.message : String(cause)).trim()
  const calls = [...message.matchAll(/^ *#\d+: .*\(\): (.*)$/gm)]
  return shortName(calls.at(-1)?.[1] ?? message.split('\n')[0])
}

/** The file that is read, and its length: no array in it can be longer, as Caffe does not compress. */
interface Container {
  readonly path: string
  readonly bytes: number
}

function readLayer(data: H5Group, name: string, file: Container): WeightLayer {
  const group = data.get(name)
  if (group === null || !('keys' in group)) throw badFile(file.path, `data/${shortName(name)} is not a group`)
  const keys = group.keys().sort((a, b) => Number(a) - Number(b))
  return { name, blobs: keys.map((key) => readDataset(group, key, `data/${shortName(name)}/${shortName(key)}`, file)) }
}

function readDataset(group: H5Group, key: string, where: string, { path, bytes }: Container) {
  const set = group.get(key)
  if (set === null || 'keys' in set || set.shape === null) throw badFile(path, `${where} is not an array`)
  const { size, total_size: count } = set.metadata
  if (!(count * size <= bytes)) throw badFile(path, `${where} would take ${count * size} bytes of a file of ${bytes}`)
  const { value, shape } = set
  if (value instanceof Float32Array) return arrayBlob(shape, value)
  if (value instanceof Float64Array) return arrayBlob(shape, Float32Array.from(value))
  throw badFile(path, `${where} does not hold floating-point numbers`)
}

async function h5wasm(): Promise<H5Module> {
  try {
    const h5 = (await import('h5wasm/node')) as unknown as H5Module
    await h5.ready
    return h5
  } catch (cause) {
    throw new PixelwiseError('caffe/no-h5wasm', {
      what: 'weights in HDF5 cannot be read without the package h5wasm',
      rule: 'it is an optional peer of @pixelwise/caffe-import',
      next: 'run npm install h5wasm',
      cause,
    })
  }
}

function badFile(path: string, what: string, cause?: unknown): PixelwiseError {
  return new PixelwiseError('caffe/bad-hdf5', {
    what: `${path}: ${what}`,
    rule: 'Caffe writes data/LAYER/0, data/LAYER/1, … as arrays of float32',
    next: 'check that this is a .caffemodel.h5 and no data file',
    cause,
  })
}

function ended(path: string): PixelwiseError {
  return new PixelwiseError('caffe/hdf5-ended', {
    what: `${path} cannot be opened: the HDF5 library gave up on an earlier file`,
    rule: 'a badly damaged file ends it until the program ends',
    next: 'start the program again, without the damaged file',
  })
}
