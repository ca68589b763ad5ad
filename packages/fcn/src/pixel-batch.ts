import type { Preprocessing } from '@pixelwise/core'
import type { LabelMap, Raster } from '@pixelwise/masks'
import type { Batch } from '@pixelwise/training'
import { assembleBatch } from './assemble-batch.js'

/** An image with a label per pixel: what data sets give. */
export interface LabelledImage {
  readonly id?: string
  readonly image: Raster
  readonly labels?: LabelMap
}

/** How examples become a batch. */
export interface PixelBatchOptions {
  readonly preprocessing: Preprocessing
  /** Default 255 (void). */
  readonly ignoreLabel?: number
  /** Classes of the net; given, every label is checked to be one of them or the ignore label. */
  readonly classes?: number
}

/**
 * Puts labelled images into one batch for `train` and `pixelLoss`: inputs `[images]`, targets `[labels]`.
 *
 * Images of any sizes: smaller ones lie at the top left, and what is beside them carries the ignore label, so that it
 * neither counts nor learns. Images `[N, H, W, C]` float32, labels `[N, H, W]` int32; `train` disposes them.
 * Throws `batch/no-labels`, `batch/sizes-differ`, and `batch/label-out-of-range` where `classes` is given: without it a
 * label that no class has makes the loss NaN and the step ruins the net.
 */
export function pixelBatch(
  examples: readonly LabelledImage[],
  { preprocessing, ignoreLabel = 255, classes }: PixelBatchOptions,
): Batch {
  return assembleBatch({
    names: exampleNames(examples),
    inputs: [{ rasters: examples.map(({ image }) => image), preprocessing }],
    targets: [{ labels: examples.map(({ labels }) => labels), classes }],
    ignoreLabel,
  })
}

/** What errors call each example. */
export function exampleNames(examples: readonly LabelledImage[]): string[] {
  return examples.map(({ id }, index) => id ?? `example ${index} of the batch`)
}
