import type { Raster } from '@pixelwise/masks'
import { PixelwiseError } from '@pixelwise/masks/shared'
import { slice, type Tensor, type Tensor3D, type Tensor4D, tensor3d, tensor4d } from '@tensorflow/tfjs-core'
import type { Preprocessing } from '../preprocessing.js'
import { preparedValues } from './preprocess.js'

/** Images of several sizes in one tensor. */
export interface PaddedBatch {
  /** `[N, H, W, C]` float32, H and W those of the largest image; zero (the mean colour) below and right of each image. */
  readonly images: Tensor4D
  /** `[N, H, W]` float32: 1 on the image, 0 on the padding. */
  readonly validMask: Tensor3D
  /** Height and width of each image. */
  readonly sizes: readonly (readonly [height: number, width: number])[]
}

/**
 * Prepares images of several sizes as one batch: each at the top left of a tensor of the largest height and width.
 *
 * For training, where the mask weighs the loss. Near the padding a net answers slightly differently than for the image
 * alone (it sees zeros through more layers than at a true border); `predictLabels` therefore never pads.
 *
 * The caller disposes `images` and `validMask`. Throws `batch/empty`, and the errors of `preprocess`.
 */
export function padBatch(rasters: readonly Raster[], preprocessing: Preprocessing): PaddedBatch {
  if (rasters.length === 0) {
    throw new PixelwiseError('batch/empty', {
      what: 'a batch of 0 images',
      rule: 'a batch has at least one image',
      next: 'pass the images as a list',
    })
  }
  const prepared = rasters.map((raster) => preparedValues(raster, preprocessing))
  const height = Math.max(...rasters.map((raster) => raster.height))
  const width = Math.max(...rasters.map((raster) => raster.width))
  const { channels } = rasters[0]
  const values = new Float32Array(rasters.length * height * width * channels)
  const mask = new Float32Array(rasters.length * height * width)
  rasters.forEach((raster, n) => {
    const rowLength = raster.width * channels
    for (let row = 0; row < raster.height; row++) {
      const start = (n * height + row) * width
      values.set(prepared[n].subarray(row * rowLength, (row + 1) * rowLength), start * channels)
      mask.fill(1, start, start + raster.width)
    }
  })
  return {
    images: tensor4d(values, [rasters.length, height, width, channels]),
    validMask: tensor3d(mask, [rasters.length, height, width]),
    sizes: rasters.map((raster) => [raster.height, raster.width] as const),
  }
}

/**
 * Takes a padded batch apart: `[N, H, W, …]` → N tensors `[1, h, w, …]` of the images' own sizes.
 *
 * The caller disposes the results and keeps the batch. Throws `batch/sizes-differ` when the batch does not fit the sizes.
 */
export function unpadBatch<T extends Tensor>(batch: T, sizes: PaddedBatch['sizes']): T[] {
  const [count, height, width, ...rest] = batch.shape
  if (batch.rank < 3 || count !== sizes.length || sizes.some(([h, w]) => h > height || w > width)) {
    throw new PixelwiseError('batch/sizes-differ', {
      what: `a batch of shape [${batch.shape.join(', ')}] for the sizes ${sizes.map((size) => size.join('×')).join(', ')}`,
      rule: 'a batch [N, H, W, …] has one entry per size and is as large as the largest',
      next: 'pass the sizes that padBatch gave with this batch',
    })
  }
  return sizes.map(([h, w], n) => slice(batch, [n, 0, 0, ...rest.map(() => 0)], [1, h, w, ...rest]))
}
