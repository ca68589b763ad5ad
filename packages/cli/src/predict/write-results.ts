import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { encodeLabels, encodeNpy, encodePng } from '@pixelwise/datasets'
import type { LabelMap, Raster } from '@pixelwise/masks'
import { overlay } from '@pixelwise/visuals'
import { cannotWrite, writeAside } from '../output/write-aside.js'

/** What `--save` may name. */
export const products = ['labels', 'overlay', 'scores'] as const
export type Product = (typeof products)[number]

/** Where the results of an input go. */
export interface ResultFiles {
  readonly labels?: string
  readonly overlay?: string
  readonly scores?: string
}

/** The files of an input's results; arrays have labels as an array too and nothing to lay them over. */
export function resultFiles(out: string, name: string, save: readonly Product[], isArray: boolean): ResultFiles {
  const file = (product: Product, ending: string) => ({ [product]: join(out, product, `${name}${ending}`) })
  return {
    ...(save.includes('labels') && file('labels', isArray ? '.npy' : '.png')),
    ...(save.includes('overlay') && !isArray && file('overlay', '.png')),
    ...(save.includes('scores') && file('scores', '.npy')),
  }
}

/** True when all of them are there: files are written aside, so those that are there are whole. */
export function areWritten(files: ResultFiles): boolean {
  return Object.values(files).every((file) => existsSync(file))
}

/** Writes label map (indexed PNG; 16-bit grey beyond 256 classes), overlay and scores of an image. */
export async function writeImageResults(
  files: ResultFiles,
  image: Raster,
  labels: LabelMap,
  scores: Raster<Float32Array> | undefined,
  palette: Uint8Array,
): Promise<void> {
  if (files.labels !== undefined) await write(files.labels, labelPng(labels, palette))
  if (files.overlay !== undefined) await write(files.overlay, encodePng(overlay(image, labels, { palette })))
  if (files.scores !== undefined && scores !== undefined) {
    const { height, width, channels, data } = scores
    await write(files.scores, encodeNpy({ shape: [height, width, channels], data }))
  }
}

/** Writes an array's results: labels `[N, H, W]`, scores `[N, H, W, classes]`. */
export async function writeArrayResults(
  files: ResultFiles,
  labels: readonly LabelMap[],
  scores: readonly Raster<Float32Array>[],
): Promise<void> {
  const [{ height, width }] = labels
  const images = labels.length
  if (files.labels !== undefined) {
    const largest = labels.some((map) => map.labels instanceof Uint16Array)
    const data = new (largest ? Uint16Array : Uint8Array)(images * height * width)
    for (const [n, map] of labels.entries()) data.set(map.labels, n * height * width)
    await write(files.labels, encodeNpy({ shape: [images, height, width], data }))
  }
  if (files.scores !== undefined) {
    const [{ channels }] = scores
    const data = new Float32Array(images * height * width * channels)
    for (const [n, one] of scores.entries()) data.set(one.data, n * one.data.length)
    await write(files.scores, encodeNpy({ shape: [images, height, width, channels], data }))
  }
}

function labelPng(map: LabelMap, palette: Uint8Array): Uint8Array {
  const { height, width, labels } = map
  if (labels instanceof Uint16Array) return encodePng({ height, width, channels: 1, data: labels })
  return encodeLabels(map, palette)
}

async function write(file: string, content: Uint8Array): Promise<void> {
  await mkdir(dirname(file), { recursive: true }).catch((cause) => {
    throw cannotWrite(file, cause)
  })
  await writeAside(file, content)
}
