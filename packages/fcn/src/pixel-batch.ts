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

/**
 * Puts labelled images into one batch for `train` and {@link pixelLoss}: inputs `[images]`, targets `[labels]`.
 *
 * Images of any sizes: smaller ones lie at the top left, and what is beside them carries the ignore label, so that it
 * neither counts nor learns. Images `[N, H, W, C]` float32, labels `[N, H, W]` int32; `train` disposes them.
 * Throws `batch/no-labels` and `batch/sizes-differ`.
 */
export function pixelBatch(
  examples: readonly LabelledImage[],
  { preprocessing, ignoreLabel = 255 }: { preprocessing: Preprocessing; ignoreLabel?: number },
): Batch {
  const labels = examples.map(labelsOf)
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

function labelsOf({ id, image, labels }: LabelledImage, index: number): LabelMap {
  const name = id ?? `example ${index} of the batch`
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
