import {
  type LayerRegistry,
  type ModelDescription,
  PixelwiseError,
  type PreparedModel,
  predictLabels,
  predictScores,
  predictTensor,
  predictTiledLabels,
  predictTiledScores,
} from '@pixelwise/core'
import type { LabelMap, Raster } from '@pixelwise/masks'
import { tensor4d } from '@tensorflow/tfjs-core'
import type { LayersModel } from '@tensorflow/tfjs-layers'

/** A model that is ready to label many images. */
export interface Labeller {
  readonly model: LayersModel
  readonly description: ModelDescription
  readonly layers: LayerRegistry
  readonly prepared: PreparedModel
  /** Which output of a net with several. */
  readonly output: number
  /** Images with a side beyond this are run in tiles; `null` runs every image whole. */
  readonly tile: number | null
  /** Whether a net that cannot be tiled runs large images whole: not where tiles were asked for. */
  readonly mayRunWhole: boolean
}

export interface Labelled {
  readonly labels: LabelMap
  readonly scores?: Raster<Float32Array>
  readonly tiled: boolean
}

/** Labels an image, in tiles where it is large; with the scores of every class where they are wanted. */
export async function labelImage(labeller: Labeller, image: Raster, wantsScores: boolean): Promise<Labelled> {
  const { tile, mayRunWhole } = labeller
  if (tile === null || Math.max(image.height, image.width) <= tile) return whole(labeller, image, wantsScores)
  try {
    return await inTiles(labeller, image, tile, wantsScores)
  } catch (error) {
    const isUntileable = error instanceof PixelwiseError && error.code.startsWith('tiling/')
    if (!isUntileable || !mayRunWhole) throw error
    return whole(labeller, image, wantsScores)
  }
}

async function whole(
  { prepared, output, description }: Labeller,
  image: Raster,
  wantsScores: boolean,
): Promise<Labelled> {
  const { preprocessing } = description
  const options = { preprocessing, output }
  if (!wantsScores) return { labels: (await predictLabels(prepared, [image], options))[0], tiled: false }
  const [scores] = await predictScores(prepared, [image], options)
  return { labels: labelsOfScores(scores), scores, tiled: false }
}

async function inTiles(labeller: Labeller, image: Raster, tile: number, wantsScores: boolean): Promise<Labelled> {
  const { model, prepared, layers, output, description } = labeller
  const options = { preprocessing: description.preprocessing, layers, tile, output, prepared }
  if (!wantsScores) return { labels: await predictTiledLabels(model, image, options), tiled: true }
  const scores = await predictTiledScores(model, image, options)
  return { labels: labelsOfScores(scores), scores, tiled: true }
}

/** Scores of images that are prepared already, `[H, W, C]` as the net sees them. */
export async function scorePrepared(
  { prepared, output }: Labeller,
  values: Float32Array,
  [height, width, channels]: readonly [number, number, number],
): Promise<Raster<Float32Array>> {
  const images = tensor4d(values, [1, height, width, channels])
  try {
    const scores = await predictTensor(prepared, images, { output })
    const data = (await scores.data()) as Float32Array // scores are float32
    const classes = scores.shape[3]
    scores.dispose()
    return { height, width, channels: classes, data }
  } finally {
    images.dispose()
  }
}

/** The class with the highest score; the first of equals. */
export function labelsOfScores({ height, width, channels, data }: Raster<Float32Array>): LabelMap {
  const Labels = channels <= 256 ? Uint8Array : Uint16Array
  const labels = new Labels(height * width)
  for (let pixel = 0; pixel < labels.length; pixel++) {
    let best = pixel * channels
    for (let i = best + 1; i < (pixel + 1) * channels; i++) if (data[i] > data[best]) best = i
    labels[pixel] = best - pixel * channels
  }
  return { height, width, labels }
}
