import { extname } from 'node:path'
import { type ModelDescription, PixelwiseError } from '@pixelwise/core'
import { vocPalette } from '@pixelwise/datasets'
import { readDepth, readImage, readNpy } from '@pixelwise/datasets/node'
import type { Raster } from '@pixelwise/masks'
import { companionFiles } from './companions.js'
import type { Input } from './find-inputs.js'
import { labelExample, type Views } from './label-example.js'
import { type Labeller, labelsOfScores, scorePrepared } from './label-image.js'
import type { Subject } from './open-subject.js'
import { type ResultFiles, writeArrayResults, writeImageResults } from './write-results.js'

/** Arrays are taken as they are, and give arrays. */
export function isArray({ file }: Input): boolean {
  return extname(file).toLowerCase() === '.npy'
}

/** Size of a labelled image, in pixels. */
export interface Size {
  readonly height: number
  readonly width: number
}

/** Labels an input and writes its results. Throws the errors of reading, labelling and writing. */
export async function predictInput(subject: Subject, input: Input, files: ResultFiles): Promise<Size> {
  return isArray(input) ? predictArray(subject, input, files) : predictImage(subject, input, files)
}

async function predictImage(subject: Subject, input: Input, files: ResultFiles): Promise<Size> {
  const views = await readViews(subject, input)
  const { labels, scores } = await labelExample(subject, subject.sees, views, files.scores !== undefined)
  await writeImageResults(files, views.image, labels, scores, paletteOf(subject.description))
  return { height: views.image.height, width: views.image.width }
}

/** The image and what lies beside it. */
async function readViews({ sees, companions, description }: Subject, { file, name }: Input): Promise<Views> {
  const image = await readInput(file, description)
  const { depth, hha } = companionFiles(name, sees, companions)
  const views = {
    id: file,
    image,
    ...(depth !== undefined && { depth: await readDepth(depth) }),
    ...(hha !== undefined && { hha: await readImage(hha) }),
  }
  for (const [path, { height, width }] of [
    [depth, views.depth ?? image],
    [hha, views.hha ?? image],
  ] as const) {
    if (height === image.height && width === image.width) continue
    throw new PixelwiseError('predict/sizes-differ', {
      what: `${path} is ${height}×${width}, its image ${image.height}×${image.width}`,
      rule: 'both show the same pixels',
      next: 'resize one to the other',
    })
  }
  return views
}

/** An image as the net's kind of input wants it. */
async function readInput(file: string, { preprocessing }: ModelDescription): Promise<Raster> {
  if (preprocessing.inputKind === 'depth') return readDepth(file)
  const image = await readImage(file)
  if (preprocessing.inputKind !== 'grey') return image
  const data = Float32Array.from({ length: image.height * image.width }, (_, pixel) => {
    const [red, green, blue] = image.data.subarray(3 * pixel, 3 * pixel + 3)
    return 0.299 * red + 0.587 * green + 0.114 * blue // ITU-R BT.601, as PNG and JPEG readers do
  })
  return { height: image.height, width: image.width, channels: 1, data }
}

/** `[N, H, W, C]` or `[H, W, C]`, taken as it is: nothing is subtracted, scaled or reordered. */
async function predictArray(labeller: Subject, { file }: Input, files: ResultFiles): Promise<Size> {
  if (labeller.sees.length > 1) {
    throw new PixelwiseError('predict/array-of-several', {
      what: `an array for a net of ${labeller.sees.length} inputs`,
      rule: 'an array is all that a net sees',
      next: 'give images',
    })
  }
  const { shape, data } = await readNpy(file)
  const [count, height, width, channels] = shape.length === 3 ? [1, ...shape] : shape
  if (shape.length < 3 || shape.length > 4 || data.length === 0) {
    throw new PixelwiseError('predict/not-images', {
      what: `an array of shape ${shape.join('×')}`,
      rule: 'images are [N, H, W, C] or [H, W, C], with at least one value',
      next: 'reshape it',
    })
  }
  requireChannels(labeller.model, channels)
  const size = height * width * channels
  const labels = []
  const scores = []
  for (let n = 0; n < count; n++) {
    const values = Float32Array.from(data.subarray(n * size, (n + 1) * size), Number)
    const scored = await scorePrepared(labeller, values, [height, width, channels])
    labels.push(labelsOfScores(scored))
    if (files.scores !== undefined) scores.push(scored)
  }
  await writeArrayResults(files, labels, scores)
  return { height, width }
}

function requireChannels({ name, inputs }: Labeller['model'], channels: number): void {
  const wanted = inputs[0].shape.at(-1)
  if (wanted == null || wanted === channels) return
  throw new PixelwiseError('predict/wrong-channels', {
    what: `an array of ${channels} channels for model "${name}"`,
    rule: `it takes ${wanted}, as the last axis of [N, H, W, C]`,
    next: 'transpose the array, or choose another model',
  })
}

/** The model's colours, or those of PASCAL VOC. */
function paletteOf({ palette }: ModelDescription): Uint8Array {
  const colours = vocPalette()
  for (const [label, colour] of (palette ?? []).entries()) if (label < 256) colours.set(colour, 3 * label)
  return colours
}
