import type { LabelMap, Raster } from '@pixelwise/masks'
import { PixelwiseError } from '@pixelwise/masks/shared'
import { argMax, type Tensor4D, tensor4d } from '@tensorflow/tfjs-core'
import type { LayersModel } from '@tensorflow/tfjs-layers'
import type { PreparedModel } from '../engine.js'
import { checkPreprocessing } from '../model/model-description.js'
import type { Preprocessing } from '../preprocessing.js'
import { type EngineOptions, type RunImages, withPrepared } from './predict-tensor.js'
import { checkIsRaster, preparedValues } from './preprocess.js'

/** How images are prepared and run. */
export interface PredictOptions extends EngineOptions {
  /** What the net expects; comes with the model folder. */
  readonly preprocessing: Preprocessing
  /** Images of one size that are run together; 1 unless told. */
  readonly batchSize?: number
}

/**
 * Labels every pixel of images of any sizes: the class with the highest score, at the image's own size.
 *
 * Only images of equal size share a batch, so that a result never depends on its neighbours. Labels are a `Uint8Array`
 * up to 256 classes and a `Uint16Array` beyond. No tensor is left behind.
 *
 * Throws the errors of `preprocess` and `predictTensor`, `predict/no-list`, and `predict/one-class` for a net with a
 * single score.
 */
export async function predictLabels(
  model: LayersModel | PreparedModel,
  rasters: readonly Raster[],
  options: PredictOptions,
): Promise<LabelMap[]> {
  return predictEach(model, rasters, options, labelsOf)
}

/**
 * Scores of every class at every pixel of images of any sizes: rasters of the image's own size with one channel per
 * class. Otherwise as {@link predictLabels}.
 */
export async function predictScores(
  model: LayersModel | PreparedModel,
  rasters: readonly Raster[],
  options: PredictOptions,
): Promise<Raster<Float32Array>[]> {
  return predictEach(model, rasters, options, rasterOf)
}

async function predictEach<Result>(
  model: LayersModel | PreparedModel,
  rasters: readonly Raster[],
  options: PredictOptions,
  resultsOf: (scores: Tensor4D) => Promise<Result[]>,
): Promise<Result[]> {
  checkList(rasters)
  // A caller without types may have left the options out; that preprocessing is missing is then what is said.
  const { batchSize = 1, ...settings } = options ?? {}
  const preprocessing = checkPreprocessing(settings.preprocessing, 'predict')
  for (const raster of rasters) checkIsRaster(raster)
  const results: Result[] = []
  await withPrepared(model, settings, async (run) => {
    for (const indices of batchesOfOneSize(rasters, batchSize)) {
      const batch = indices.map((index) => rasters[index])
      const scores = await scoresOfBatch(run, batch, preprocessing)
      try {
        const found = await resultsOf(scores)
        indices.forEach((index, n) => {
          results[index] = found[n]
        })
      } finally {
        scores.dispose()
      }
    }
  })
  return results
}

function checkList(rasters: unknown): void {
  if (Array.isArray(rasters)) return
  throw new PixelwiseError('predict/no-list', {
    what: `images given as ${rasters === null ? 'null' : typeof rasters}`,
    rule: 'they are a list of rasters, and the labels come as a list',
    next: 'pass [raster] for a single image',
  })
}

/** Indices of the images in batches of equal size, in the order of their first image. */
function batchesOfOneSize(rasters: readonly Raster[], batchSize: number): number[][] {
  const open = new Map<string, number[]>()
  const batches: number[][] = []
  rasters.forEach(({ height, width, channels }, index) => {
    const size = `${height}×${width}×${channels}`
    const batch = open.get(size)
    if (batch !== undefined && batch.length < batchSize) {
      batch.push(index)
      return
    }
    const started = [index]
    open.set(size, started)
    batches.push(started)
  })
  return batches
}

/** Scores of images of one size; the caller disposes them. */
export async function scoresOfBatch(
  run: RunImages,
  batch: readonly Raster[],
  preprocessing: Preprocessing,
): Promise<Tensor4D> {
  const prepared = batch.map((raster) => preparedValues(raster, preprocessing))
  const [{ height, width, channels }] = batch
  const values = prepared.length === 1 ? prepared[0] : new Float32Array(batch.length * height * width * channels)
  if (prepared.length > 1) {
    prepared.forEach((image, n) => {
      values.set(image, n * image.length)
    })
  }
  const images = tensor4d(values, [batch.length, height, width, channels])
  try {
    return await run(images)
  } finally {
    images.dispose()
  }
}

/** The label maps of scores `[N, H, W, classes]`; the caller keeps the scores. */
export async function labelsOf(scores: Tensor4D): Promise<LabelMap[]> {
  const [count, height, width, classes] = scores.shape
  if (classes === 1) {
    throw new PixelwiseError('predict/one-class', {
      what: 'labels from a net with one score per pixel',
      rule: 'a label is the class with the highest of two or more scores',
      next: 'use predictScores and compare the score with a threshold (0 for a logit)',
    })
  }
  const best = argMax(scores, 3)
  const labels = await best.data()
  best.dispose()
  const Labels = classes <= 256 ? Uint8Array : Uint16Array
  return Array.from({ length: count }, (_, n) => ({
    height,
    width,
    labels: Labels.from(labels.subarray(n * height * width, (n + 1) * height * width)),
  }))
}

async function rasterOf(scores: Tensor4D): Promise<Raster<Float32Array>[]> {
  const [count, height, width, channels] = scores.shape
  const values = (await scores.data()) as Float32Array
  const size = height * width * channels
  return Array.from({ length: count }, (_, n) => ({
    height,
    width,
    channels,
    data: values.slice(n * size, (n + 1) * size),
  }))
}
