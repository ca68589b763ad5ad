import { randomUUID } from 'node:crypto'
import { rename, rm } from 'node:fs/promises'
import { basename } from 'node:path'
import type { LayersModel } from '@tensorflow/tfjs-layers'
import { type ExportOptions, exportOnnx, exportOnnxFiles } from '../export-onnx.js'
import { writeParts } from './write-parts.js'

/** As `ExportOptions`, and when weights go to a second file. */
export interface WriteOnnxOptions extends ExportOptions {
  /** Weights of more bytes together go to a second file, `<name>.data`. Default: what one file can hold, 2 GiB less a MiB. */
  readonly largestFile?: number
}

/**
 * Writes the ONNX file of a model; see `exportOnnx`. Beyond 2 GiB the weights are in a second file beside it, which
 * belongs to it and must keep its name.
 *
 * Files are written aside and renamed, the weights first. Returns what was written.
 *
 * @example
 * await writeOnnx('net.onnx', model)
 */
export async function writeOnnx(
  path: string,
  model: LayersModel,
  { largestFile = 2 ** 31 - 2 ** 20, ...options }: WriteOnnxOptions = {},
): Promise<readonly { readonly file: string; readonly bytes: number }[]> {
  const weights = model.weights.reduce((sum, { shape }) => sum + 4 * shape.reduce<number>((n, l) => n * (l ?? 1), 1), 0)
  if (weights <= largestFile) return [await writeAside(path, [await exportOnnx(model, options)])]
  const data = `${path}.data`
  const files = await exportOnnxFiles(model, { ...options, location: basename(data) })
  return [await writeAside(data, files.data), await writeAside(path, [files.model])].reverse()
}

async function writeAside(path: string, parts: readonly Uint8Array[]): Promise<{ file: string; bytes: number }> {
  const aside = `${path}.${randomUUID()}`
  try {
    await writeParts(aside, parts)
    await rename(aside, path)
  } finally {
    await rm(aside, { force: true })
  }
  return { file: path, bytes: parts.reduce((sum, { length }) => sum + length, 0) }
}
