import { PixelwiseError } from '@pixelwise/masks/shared'
import { arrayBlob, type WeightLayer, type WeightSource } from '../weights/weight-source.js'
import { unreadable } from './file-bytes.js'

/** What is used of h5wasm, which is an optional peer. */
interface H5Module {
  readonly ready: Promise<unknown>
  readonly File: new (path: string, mode: string) => H5Group & { close(): void }
}

interface H5Group {
  keys(): string[]
  get(path: string): H5Group | H5Dataset | null
}

interface H5Dataset {
  readonly shape: number[] | null
  readonly value: unknown
}

/**
 * Weights that Caffe wrote as HDF5: group `data`, in it a group for each layer with the datasets `0`, `1`, …
 *
 * Needs the package h5wasm. Throws `caffe/no-h5wasm`, `caffe/bad-hdf5` and `caffe/unreadable-file`.
 */
export async function readHdf5Weights(path: string): Promise<WeightSource> {
  const h5 = await h5wasm()
  let file: (H5Group & { close(): void }) | undefined
  try {
    file = new h5.File(path, 'r')
  } catch (cause) {
    throw unreadable(path, cause instanceof Error ? cause.message : String(cause), cause)
  }
  try {
    const data = file.get('data')
    if (data === null || !('keys' in data)) throw badFile(path, 'it has no group "data"')
    return { name: path, format: 'HDF5', layers: data.keys().map((name) => readLayer(data, name, path)) }
  } finally {
    file.close()
  }
}

function readLayer(data: H5Group, name: string, path: string): WeightLayer {
  const group = data.get(name)
  if (group === null || !('keys' in group)) throw badFile(path, `data/${name} is not a group`)
  const keys = group.keys().sort((a, b) => Number(a) - Number(b))
  return { name, blobs: keys.map((key) => readDataset(group, key, `data/${name}/${key}`, path)) }
}

function readDataset(group: H5Group, key: string, where: string, path: string) {
  const set = group.get(key)
  if (set === null || 'keys' in set || set.shape === null) throw badFile(path, `${where} is not an array`)
  const { value, shape } = set
  if (value instanceof Float32Array) return arrayBlob(shape, value)
  if (value instanceof Float64Array) return arrayBlob(shape, Float32Array.from(value))
  throw badFile(path, `${where} does not hold floating-point numbers`)
}

async function h5wasm(): Promise<H5Module> {
  try {
    const { default: h5 } = (await import('h5wasm/node')) as unknown as { default: H5Module }
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

function badFile(path: string, what: string): PixelwiseError {
  return new PixelwiseError('caffe/bad-hdf5', {
    what: `${path}: ${what}`,
    rule: 'Caffe writes data/LAYER/0, data/LAYER/1, … as arrays of float32',
    next: 'check that this is a .caffemodel.h5 and no data file',
  })
}
