import type { WeightSource } from '../weights/weight-source.js'
import { readCaffemodel } from '../wire/caffemodel.js'
import { type FileBytes, openFileBytes } from './file-bytes.js'
import { readHdf5Weights } from './hdf5-weights.js'

/** Weights whose file is open; `close` when the model is made. */
export interface OpenWeights {
  readonly weights: WeightSource
  /** Closes the file; blobs that were not read by then cannot be. */
  close(): void
}

/**
 * Opens a weights file, binary or HDF5 (told by its signature). Binary weights are read when a layer takes them, so that
 * a file of any size needs little memory beside the model.
 *
 * Throws `caffe/unreadable-file` and the errors of `readCaffemodel` and `readHdf5Weights`.
 */
export async function openWeights(path: string): Promise<OpenWeights> {
  const file = openFileBytes(path)
  try {
    if (!isHdf5(file)) return { weights: readCaffemodel(file), close: () => file.close() }
  } catch (error) {
    file.close()
    throw error
  }
  file.close()
  return { weights: await readHdf5Weights(path), close: () => undefined }
}

function isHdf5(file: FileBytes): boolean {
  const start = new Uint8Array(Math.min(8, file.length))
  file.readInto(start, 0)
  return start.join() === hdf5Signature.join()
}

const hdf5Signature = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a]
