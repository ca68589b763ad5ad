import '@tensorflow/tfjs-layers' // registers the gradients of tfjs
import { useBackend } from '@pixelwise/core'
import { PixelwiseError, Rng } from '@pixelwise/masks/shared'
import type * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, test } from 'vitest'
import { activeRegions } from '../loss/active-regions.js'
import type { RegionPathway } from '../networks/region-net.js'
import { threeObjects } from '../test-support/three-objects.js'
import { type InstanceImage, type RegionBatchOptions, regionBatch } from './region-batch.js'

beforeAll(async () => {
  await useBackend('cpu')
})

const pathways: RegionPathway[] = [
  { name: 'fine', stride: 2, window: 4, origin: 2, step: 1 },
  { name: 'coarse', stride: 4, window: 3, origin: 1, step: 1 },
]
const preprocessing = { inputKind: 'grey', channelOrder: 'rgb', mean: [10], scale: [0.5] } as const
const net = { pathways, scored: true, preprocessing }
const example: InstanceImage = {
  image: { height: 12, width: 12, channels: 1, data: new Uint8Array(144).fill(30) },
  instances: threeObjects(),
}

function batchOf(examples = [example], options: Partial<RegionBatchOptions> = {}) {
  const { inputs, targets } = regionBatch(examples, { net, ignoreLabel: -1, regions: 10, rng: new Rng(1), ...options })
  const [labels, fine, fineWeights, coarse, coarseWeights, fineScores, coarseScores] = targets
  return { image: inputs[0], labels, fine, fineWeights, coarse, coarseWeights, fineScores, coarseScores }
}

const values = (tensor: tf.Tensor) => [...tensor.dataSync()]
const sum = (tensor: tf.Tensor) => values(tensor).reduce((total, value) => total + value, 0)

describe('a batch', () => {
  test('has stable shapes, whatever is active', () => {
    const { image, labels, fine, fineWeights, coarse, fineScores, coarseScores } = batchOf()
    expect(image.shape).toEqual([1, 12, 12, 1])
    expect(labels.shape).toEqual([1, 12 + 12, 12 + 12]) // half of the widest window, 6 pixels, on each side
    expect([fine.shape, fineWeights.shape, coarse.shape]).toEqual([[10, 3], [10], [10, 3]])
    expect([fineScores.shape, coarseScores.shape]).toEqual([
      [1, 6, 6],
      [1, 3, 3],
    ])
  })

  test('names the active regions, each with its window and object', () => {
    const { labels, fine } = batchOf()
    const entries = values(fine)
    activeRegions(threeObjects(), pathways[0]).forEach(({ row, column, instance }, i) => {
      const [cell, corner, id] = entries.slice(3 * i, 3 * i + 3)
      expect([cell, id]).toEqual([row * 6 + column, instance])
      // The centre of the window, four pixels down and right of its corner, lies in the object.
      expect(values(labels)[corner + 4 * 24 + 4]).toBe(instance)
    })
  })

  test('averages over each pathway, or over all of them', () => {
    const counts = pathways.map((pathway) => activeRegions(threeObjects(), pathway).length)
    const each = batchOf()
    expect([sum(each.fineWeights), sum(each.coarseWeights)].map((x) => Number(x.toFixed(6)))).toEqual([1, 1])
    expect(values(each.fineWeights).filter((weight) => weight > 0)).toHaveLength(counts[0])
    const pooled = batchOf([example], { averaging: 'pooled' })
    const all = counts[0] + counts[1]
    expect(sum(pooled.fineWeights)).toBeCloseTo(counts[0] / all, 6)
    expect(values(pooled.coarseWeights)[0]).toBeCloseTo(1 / all, 6)
  })

  test('draws as many as there are places, other ones for other generators', () => {
    const drawn = (seed: number) => {
      const { fine, fineWeights } = batchOf([example], { regions: 3, rng: new Rng(seed) })
      expect(values(fineWeights)).toEqual([1, 1, 1].map((x) => Math.fround(x / 3)))
      return values(fine).filter((_, i) => i % 3 === 0)
    }
    const active = activeRegions(threeObjects(), pathways[0]).map(({ row, column }) => row * 6 + column)
    for (const cell of drawn(1)) expect(active).toContain(cell)
    expect(new Set(drawn(1)).size).toBe(3)
    expect(new Set([1, 2, 3, 4, 5].map((seed) => drawn(seed).join())).size).toBeGreaterThan(1)
    expect(drawn(2)).toEqual(drawn(2))
  })

  test('says which regions are active, which are not, and which nobody knows', () => {
    const scores = values(batchOf().fineScores)
    const active = new Set(activeRegions(threeObjects(), pathways[0]).map(({ row, column }) => row * 6 + column))
    const { labels } = threeObjects()
    scores.forEach((score, cell) => {
      const [row, column] = [Math.floor(cell / 6), cell % 6]
      const isVoid = labels[2 * row * 12 + 2 * column] < 0
      expect(score).toBe(isVoid ? -1 : active.has(cell) ? 1 : 0)
    })
    expect(new Set(scores)).toEqual(new Set([-1, 0, 1]))
  })

  test('holds images of several sizes, padded to the coarsest stride with the mean', () => {
    const small = {
      image: { height: 6, width: 9, channels: 1, data: new Uint8Array(54).fill(30) },
      instances: { height: 6, width: 9, labels: new Uint8Array(54).fill(1) },
    }
    const { image, fine, fineScores } = batchOf([small, example], { size: [13, 0] })
    expect(image.shape).toEqual([2, 16, 12, 1])
    const pixels = values(image)
    expect([pixels[0], pixels[8], pixels[9], pixels[6 * 12]]).toEqual([10, 10, 0, 0]) // (30 − 10)/2, then the mean
    // Of the small image, only what is inside of it may be known.
    const known = values(fineScores).flatMap((score, cell) => (cell < 8 * 6 && score >= 0 ? [cell] : []))
    expect(known).toEqual([0, 1, 2].flatMap((row) => [0, 1, 2, 3, 4].map((column) => row * 6 + column)))
    const cells = values(fine).filter((_, i) => i % 3 === 0)
    expect(Math.max(...cells)).toBeGreaterThanOrEqual(8 * 6) // those of the second image come after 8×6 of the first
  })
})

describe('says what is wrong with', () => {
  test('an image without objects', () => {
    const { image } = example
    expect(() => regionBatch([{ image }], { net, rng: new Rng(1) })).toThrow(
      new PixelwiseError('batch/no-instances', {
        what: 'example 0 of the batch has no object numbers',
        rule: 'region nets learn from the pixels of each object',
        next: 'open a data set with instances, such as COCO, or number the objects of your labels',
      }),
    )
  })

  test('sizes that differ', () => {
    const instances = { height: 12, width: 11, labels: new Uint8Array(132) }
    expect(() => regionBatch([{ ...example, id: 'cat', instances }], { net, rng: new Rng(1) })).toThrow(
      new PixelwiseError('batch/sizes-differ', {
        what: 'cat: the image is 12×12, its object numbers 12×11',
        rule: 'there is one number per pixel',
        next: 'run "pixelwise datasets check" on the data set',
      }),
    )
  })

  test('no place for a region', () => {
    expect(() => regionBatch([example], { net, rng: new Rng(1), regions: 0 })).toThrow(
      new PixelwiseError('batch/bad-regions', {
        what: 'regions is 0',
        rule: 'the loss looks at a whole number of regions per pathway, at least 1',
        next: 'leave it out for 64',
      }),
    )
  })
})
