import { type PaddedBatch, type Preprocessing, padBatch } from '@pixelwise/core'
import type { LabelMap, Raster } from '@pixelwise/masks'
import { PixelwiseError } from '@pixelwise/masks/shared'
import type { Batch } from '@pixelwise/training'
import { type Tensor4D, tensor3d } from '@tensorflow/tfjs-core'

/** Examples taken apart: what each input of the net sees, and what each head is compared with. */
export interface BatchParts {
  /** What errors call each example. */
  readonly names: readonly string[]
  readonly inputs: readonly { readonly rasters: readonly Raster[]; readonly preprocessing: Preprocessing }[]
  readonly targets: readonly {
    readonly labels: readonly (LabelMap | undefined)[]
    /** Given, every label is checked to be below it, or the ignore label. */
    readonly classes?: number
  }[]
  readonly ignoreLabel: number
}

/** One batch; nothing is left behind when it throws. The errors are those of `pixelBatch`. */
export function assembleBatch({ names, inputs, targets, ignoreLabel }: BatchParts): Batch {
  const [{ rasters }, ...others] = inputs
  for (const other of others) checkSizes(rasters, other.rasters, names)
  const labels = targets.map((target) =>
    target.labels.map((map, i) => labelsOf(map, rasters[i], names[i], ignoreLabel, target.classes)),
  )
  const images: Tensor4D[] = []
  let sizes: PaddedBatch['sizes'] = []
  for (const input of inputs) {
    const padded = padBatch(input.rasters, input.preprocessing)
    padded.validMask.dispose()
    images.push(padded.images)
    sizes = padded.sizes
  }
  return { inputs: images, targets: labels.map((maps) => padLabels(maps, sizes, images[0].shape, ignoreLabel)) }
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

function labelsOf(
  labels: LabelMap | undefined,
  image: Raster,
  name: string,
  ignoreLabel: number,
  classes: number | undefined,
): LabelMap {
  if (labels === undefined) {
    throw new PixelwiseError('batch/no-labels', {
      what: `${name} has no labels`,
      rule: 'training needs a label for every pixel',
      next: 'open a split that has labels, or leave this example out',
    })
  }
  if (labels.height !== image.height || labels.width !== image.width) {
    throw new PixelwiseError('batch/sizes-differ', {
      what: `${name}: the image is ${image.height}×${image.width}, its labels ${labels.height}×${labels.width}`,
      rule: 'there is one label per pixel',
      next: 'run "pixelwise datasets check" on the data set',
    })
  }
  if (classes !== undefined) checkLabels(labels, classes, ignoreLabel, name)
  return labels
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

function checkSizes(first: readonly Raster[], other: readonly Raster[], names: readonly string[]): void {
  const index = first.findIndex(({ height, width }, i) => height !== other[i].height || width !== other[i].width)
  if (index === -1) return
  const size = ({ height, width }: Raster) => `${height}×${width}`
  throw new PixelwiseError('batch/sizes-differ', {
    what: `${names[index]}: one image is ${size(first[index])}, another ${size(other[index])}`,
    rule: 'the images of an example show the same pixels',
    next: 'run "pixelwise datasets check" on the data set',
  })
}
