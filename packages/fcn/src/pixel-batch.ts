import { type PaddedBatch, type Preprocessing, padBatch } from '@pixelwise/core'
import type { LabelMap, Raster } from '@pixelwise/masks'
import { PixelwiseError } from '@pixelwise/masks/shared'
import type { Batch } from '@pixelwise/training'
import { tensor3d } from '@tensorflow/tfjs-core'

/** An image with a label per pixel: what data sets give. */
export interface LabelledImage {
  readonly id?: string
  readonly image: Raster
  readonly labels?: LabelMap
}

export interface PixelBatchOptions {
  readonly preprocessing: Preprocessing
  /** Default 255 (void). */
  readonly ignoreLabel?: number
  /** Classes of the net; given, every label is checked to be one of them or the ignore label. */
  readonly classes?: number
}

/**
 * Puts labelled images into one batch for `train` and {@link pixelLoss}: inputs `[images]`, targets `[labels]`.
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
  const labels = examples.map(labelsOf)
  if (classes !== undefined) {
    labels.forEach((map, index) => {
      checkLabels(map, classes, ignoreLabel, nameOf(examples[index], index))
    })
  }
  const { images, validMask, sizes } = padBatch(
    examples.map(({ image }) => image),
    preprocessing,
  )
  validMask.dispose()
  return { inputs: [images], targets: [padLabels(labels, sizes, images.shape, ignoreLabel)] }
}

function padLabels(labels: readonly LabelMap[], sizes: PaddedBatch['sizes'], shape: number[], ignoreLabel: number) {
  const [count, height, width] = shape
  const padded = new Int32Array(count * height * width).fill(ignoreLabel)
  for (const [n, [h, w]] of sizes.entries()) {
    for (let row = 0; row < h; row++) {
      padded.set(labels[n].labels.subarray(row * w, (row + 1) * w), (n * height + row) * width)
    }
  }
  return tensor3d(padded, [count, height, width], 'int32')
}

function checkLabels({ width, labels }: LabelMap, classes: number, ignoreLabel: number, name: string): void {
  const pixel = labels.findIndex((label: number) => !(label >= 0 && label < classes) && label !== ignoreLabel)
  if (pixel === -1) return
  throw new PixelwiseError('batch/label-out-of-range', {
    what: `label ${labels[pixel]} at (${Math.floor(pixel / width)}, ${pixel % width}) of ${name}`,
    rule: `expected 0..${classes - 1} or ${ignoreLabel} (ignore)`,
    next: 'map the labels to the classes of the net, or run "pixelwise datasets check" on the data set',
  })
}

function nameOf({ id }: LabelledImage, index: number): string {
  return id ?? `example ${index} of the batch`
}

function labelsOf(example: LabelledImage, index: number): LabelMap {
  const { image, labels } = example
  const name = nameOf(example, index)
  if (labels === undefined) {
    throw new PixelwiseError('batch/no-labels', {
      what: `${name} has no labels`,
      rule: 'training needs a label for every pixel',
      next: 'open a split that has labels, or leave this example out',
    })
  }
  if (labels.height === image.height && labels.width === image.width) return labels
  throw new PixelwiseError('batch/sizes-differ', {
    what: `${name}: the image is ${image.height}×${image.width}, its labels ${labels.height}×${labels.width}`,
    rule: 'there is one label per pixel',
    next: 'run "pixelwise datasets check" on the data set',
  })
}
