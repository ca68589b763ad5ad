import type { Dataset } from '../dataset.js'
import { ClassCounter } from './check-dataset.js'

/** What the images and labels of a data set are like. */
export interface DatasetStatistics {
  readonly examples: number
  readonly pixels: number
  /** Mean red, green, blue over all pixels, 0..255. */
  readonly mean: readonly [number, number, number]
  /** Standard deviation of red, green, blue over all pixels (divided by their number). */
  readonly standardDeviation: readonly [number, number, number]
  /** Pixels per class, label 0 first. */
  readonly classPixels: readonly number[]
  /** Share of a class among the pixels that have one, 0..1. */
  readonly classShares: readonly number[]
  /** Images that show the class. */
  readonly classImages: readonly number[]
  readonly ignoredPixels: number
}

/**
 * Measures means and class balance over a whole data set.
 *
 * Errors of reading pass through: run `checkDataset` first.
 */
export async function datasetStatistics(
  dataset: Dataset,
  { onProgress }: { readonly onProgress?: (done: number, total: number) => void } = {},
): Promise<DatasetStatistics> {
  const sums = [0, 0, 0]
  const squares = [0, 0, 0]
  let pixels = 0
  const counter = new ClassCounter(dataset.classes.names.length, dataset.classes.ignoreLabel)
  for (let index = 0; index < dataset.length; index++) {
    const { image, labels } = await dataset.at(index)
    for (let i = 0; i < image.data.length; i++) {
      const value = image.data[i]
      sums[i % 3] += value
      squares[i % 3] += value * value
    }
    pixels += image.height * image.width
    if (labels !== undefined) counter.add(labels)
    onProgress?.(index + 1, dataset.length)
  }
  const perPixel = (sum: number) => (pixels === 0 ? 0 : sum / pixels)
  const mean = (c: number) => perPixel(sums[c])
  const deviation = (c: number) => Math.sqrt(Math.max(0, perPixel(squares[c]) - mean(c) ** 2))
  const { classPixels, classImages, ignoredPixels } = counter
  const labelled = classPixels.reduce((sum, count) => sum + count, 0)
  return {
    examples: dataset.length,
    pixels,
    mean: [mean(0), mean(1), mean(2)],
    standardDeviation: [deviation(0), deviation(1), deviation(2)],
    classPixels: [...classPixels],
    classShares: [...classPixels].map((count) => (labelled === 0 ? 0 : count / labelled)),
    classImages: [...classImages],
    ignoredPixels,
  }
}
