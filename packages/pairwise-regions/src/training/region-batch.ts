import { type Preprocessing, padBatch } from '@pixelwise/core'
import type { LabelMap, Raster } from '@pixelwise/masks'
import { PixelwiseError, type Rng } from '@pixelwise/masks/shared'
import type { Batch } from '@pixelwise/training'
import * as tf from '@tensorflow/tfjs-core'
import { type ActiveRegion, activeRegions, centreOf, windowStart } from '../loss/active-regions.js'
import { instanceBoxes } from '../loss/instance-boxes.js'
import { gridOf, type RegionNet, type RegionPathway, sizeUnit } from '../networks/region-net.js'

/** An image with an object number per pixel: what data sets give. */
export interface InstanceImage {
  readonly id?: string
  readonly image: Raster
  /** 1, 2, … objects, 0 none; where objects overlap, the one in front. */
  readonly instances?: LabelMap
}

/** For which net a batch is made, and with how many regions. */
export interface RegionBatchOptions {
  /** The net to train: its pathways and preprocessing. */
  readonly net: Pick<RegionNet, 'pathways' | 'scored'> & { readonly preprocessing: Preprocessing }
  /** Pixels with this number count for nothing. Default 255. */
  readonly ignoreLabel?: number
  /**
   * Regions per pathway that the loss looks at; the targets always have places for so many, so that a compiled step fits
   * every batch of one size. Where more are active, so many are drawn. Default 64.
   */
  readonly regions?: number
  /**
   * `per pathway`: the mean over each pathway's active regions, summed over pathways (default); `pooled`: the mean over the
   * active regions of all pathways, in which the finest have the most.
   */
  readonly averaging?: 'per pathway' | 'pooled'
  /** Least height and width, so that images of many sizes make few sizes of batches. */
  readonly size?: readonly [height: number, width: number]
  /** Draws the regions where there are too many; comes from `train`. */
  readonly rng: Rng
}

/**
 * Puts images with their objects into one batch for `train` and `regionLoss`: inputs `[images]`; targets: the object
 * numbers, then of each pathway the regions to learn and their weights, then, where the net scores, of each pathway
 * which regions have an object to predict.
 *
 * Images are padded at the bottom and right with the mean colour to a multiple of the coarsest stride; nothing there
 * counts. Which regions learn is decided here, on plain arrays; the loss is then a pure function of tensors.
 * `train` disposes the tensors. Throws `batch/no-instances`, `batch/sizes-differ`, `batch/bad-regions`.
 * Source: Long 2016, §4.4.1, §4.4.4.
 */
export function regionBatch(examples: readonly InstanceImage[], options: RegionBatchOptions): Batch {
  const { net, ignoreLabel = 255, regions: places = 64, averaging = 'per pathway', rng } = options
  checkPlaces(places)
  const numbers = examples.map((example, index) => instancesOf(example, index, ignoreLabel))
  const images = paddedImages(examples, options)
  const [count, height, width] = images.shape
  const labels = paddedLabels(numbers, net.pathways, [height, width])
  const boxes = numbers.map((map) => instanceBoxes(map))
  const active = net.pathways.map((pathway) => numbers.map((map, n) => activeRegions(map, pathway, boxes[n])))
  const found = active.map((ofImages) => ofImages.reduce((sum, list) => sum + list.length, 0))
  const divisors = averaging === 'pooled' ? found.map(() => total(found)) : found
  const targets = net.pathways.flatMap((pathway, p) => {
    const all = active[p].flatMap((list, n) => list.map((region) => ({ ...region, image: n })))
    const drawn = all.length > places ? rng.split(pathway.name).shuffled(all).slice(0, places) : all
    return regionTensors(drawn, { pathway, labels, size: [height, width], places, weight: found[p] / divisors[p] })
  })
  const scores = net.scored
    ? net.pathways.map((pathway, p) => objectness(pathway, numbers, active[p], [count, height, width]))
    : []
  return {
    inputs: [images],
    targets: [tf.tensor3d(labels.data, [count, labels.height, labels.width], 'int32'), ...targets, ...scores],
  }
}

interface PlacedRegion extends ActiveRegion {
  readonly image: number
}

/** The object numbers of all images, with a margin so wide that every window lies inside; −1 where nothing counts. */
interface PaddedLabels {
  readonly data: Int32Array
  readonly height: number
  readonly width: number
  readonly margin: number
}

function regionTensors(
  regions: readonly PlacedRegion[],
  {
    pathway,
    labels,
    size,
    places,
    weight,
  }: {
    readonly pathway: RegionPathway
    readonly labels: PaddedLabels
    readonly size: readonly [number, number]
    readonly places: number
    readonly weight: number
  },
): [tf.Tensor2D, tf.Tensor1D] {
  const [rows, columns] = gridOf(pathway, size)
  const entries = new Int32Array(places * 3)
  const weights = new Float32Array(places)
  for (const [i, { image, row, column, instance }] of regions.entries()) {
    const top = windowStart(pathway, row) + labels.margin
    const left = windowStart(pathway, column) + labels.margin
    entries.set(
      [(image * rows + row) * columns + column, (image * labels.height + top) * labels.width + left, instance],
      i * 3,
    )
    weights[i] = weight / regions.length
  }
  return [tf.tensor2d(entries, [places, 3], 'int32'), tf.tensor1d(weights)]
}

/** `[N, rows, columns]` int32: 1 where a region has an object to predict, 0 where not, −1 where its centre is void. */
function objectness(
  pathway: RegionPathway,
  maps: readonly LabelMap<Int32Array>[],
  active: readonly (readonly ActiveRegion[])[],
  [count, height, width]: readonly [number, number, number],
): tf.Tensor3D {
  const [rows, columns] = gridOf(pathway, [height, width])
  const values = new Int32Array(count * rows * columns).fill(-1)
  maps.forEach((map, n) => {
    for (let row = 0; row < rows; row++) {
      const y = centreOf(pathway, windowStart(pathway, row))
      for (let column = 0; column < columns; column++) {
        const x = centreOf(pathway, windowStart(pathway, column))
        const inside = y >= 0 && y < map.height && x >= 0 && x < map.width
        if (inside && map.labels[y * map.width + x] >= 0) values[(n * rows + row) * columns + column] = 0
      }
    }
    for (const { row, column } of active[n]) values[(n * rows + row) * columns + column] = 1
  })
  return tf.tensor3d(values, [count, rows, columns], 'int32')
}

function paddedImages(examples: readonly InstanceImage[], { net, size = [0, 0] }: RegionBatchOptions): tf.Tensor4D {
  const { images, validMask } = padBatch(
    examples.map(({ image }) => image),
    net.preprocessing,
  )
  validMask.dispose()
  const unit = sizeUnit(net.pathways)
  const [, height, width] = images.shape
  const padded = [Math.max(height, size[0]), Math.max(width, size[1])].map((length) => Math.ceil(length / unit) * unit)
  if (padded[0] === height && padded[1] === width) return images
  const result = tf.pad(images, [
    [0, 0],
    [0, padded[0] - height],
    [0, padded[1] - width],
    [0, 0],
  ])
  images.dispose()
  return result
}

function paddedLabels(
  maps: readonly LabelMap<Int32Array>[],
  pathways: readonly RegionPathway[],
  [height, width]: readonly [number, number],
): PaddedLabels {
  const margin = Math.max(...pathways.map(({ stride, window }) => Math.ceil((stride * window) / 2)))
  const [rows, columns] = [height + 2 * margin, width + 2 * margin]
  const data = new Int32Array(maps.length * rows * columns).fill(-1)
  maps.forEach((map, n) => {
    for (let row = 0; row < map.height; row++) {
      const line = map.labels.subarray(row * map.width, (row + 1) * map.width)
      data.set(line, (n * rows + margin + row) * columns + margin)
    }
  })
  return { data, height: rows, width: columns, margin }
}

function instancesOf(example: InstanceImage, index: number, ignoreLabel: number): LabelMap<Int32Array> {
  const { image, instances } = example
  const name = example.id ?? `example ${index} of the batch`
  if (instances === undefined) {
    throw new PixelwiseError('batch/no-instances', {
      what: `${name} has no object numbers`,
      rule: 'region nets learn from the pixels of each object',
      next: 'open a data set with instances, such as COCO, or number the objects of your labels',
    })
  }
  if (instances.height !== image.height || instances.width !== image.width) {
    throw new PixelwiseError('batch/sizes-differ', {
      what: `${name}: the image is ${image.height}×${image.width}, its object numbers ${instances.height}×${instances.width}`,
      rule: 'there is one number per pixel',
      next: 'run "pixelwise datasets check" on the data set',
    })
  }
  const { height, width } = instances
  return { height, width, labels: Int32Array.from(instances.labels, (value) => (value === ignoreLabel ? -1 : value)) }
}

function checkPlaces(places: number): void {
  if (Number.isInteger(places) && places >= 1) return
  throw new PixelwiseError('batch/bad-regions', {
    what: `regions is ${places}`,
    rule: 'the loss looks at a whole number of regions per pathway, at least 1',
    next: 'leave it out for 64',
  })
}

function total(counts: readonly number[]): number {
  return counts.reduce((sum, count) => sum + count, 0)
}
