import { readFileSync } from 'node:fs'
import { type ImportedModel, type ImportOptions, importCaffe } from '../import-caffe.js'
import { channelMeans, readMeanImage } from '../means.js'
import { unreadable } from './file-bytes.js'
import { openWeights } from './open-weights.js'

/** As `ImportOptions`, with paths in place of texts. */
export interface ImportFilesOptions extends Omit<ImportOptions, 'net' | 'name' | 'weights'> {
  /** Path of the prototxt. */
  readonly net: string
  /** Path of the caffemodel, binary or HDF5. */
  readonly weights?: string
  /** Path of a mean image (`.binaryproto`, `.npy`), whose channel means become the preprocessing's mean. */
  readonly mean?: string
}

/**
 * Makes a model of a Caffe net on disk; see `importCaffe`.
 *
 * Weights go from the file into the model's own arrays. On the `cpu` backend that takes the size of the weights and
 * little more.
 */
export async function importCaffeFiles({ net, weights, mean, ...options }: ImportFilesOptions): Promise<ImportedModel> {
  const text = new TextDecoder().decode(readBytes(net, 64 * 2 ** 20))
  const means = mean === undefined ? undefined : channelMeans(readMeanImage(readBytes(mean, 2 ** 30), mean))
  const preprocessing = means === undefined ? options.preprocessing : { mean: means, ...options.preprocessing }
  const all = { ...options, net: text, name: net, ...(preprocessing && { preprocessing }) }
  if (weights === undefined) return importCaffe(all)
  const open = await openWeights(weights)
  try {
    return importCaffe({ ...all, weights: open.weights })
  } finally {
    open.close()
  }
}

function readBytes(path: string, most: number): Uint8Array {
  let bytes: Uint8Array
  try {
    bytes = readFileSync(path)
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException
    throw unreadable(path, code === 'ENOENT' ? 'there is no such file' : message, cause)
  }
  if (bytes.length > most) throw unreadable(path, `it is larger than ${most} bytes`)
  return bytes
}
