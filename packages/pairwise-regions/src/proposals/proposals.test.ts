import { decodeMask, encodeMask, maskArea, maskBox } from '@pixelwise/masks'
import { Rng } from '@pixelwise/masks/shared'
import { describe, expect, test } from 'vitest'
import { bilinearMatrix } from '../loss/bilinear-taps.js'
import { type PairArray, pairArray } from '../pair-array.js'
import { cocoProposals } from './coco-results.js'
import { maskConfidence, proposalsOf } from './propose.js'
import { RegionUpsampler } from './upsample-region.js'

/** U·z·Uᵗ above the threshold, pasted at the window and cut off at the image: with matrices, as the loss is defined. */
function pasted(
  { grid, window, stride, origin, step, data }: PairArray,
  region: number,
  size: readonly number[],
  threshold: number,
) {
  const [height, width] = size
  const side = stride * window
  const upsampling = bilinearMatrix(window, stride)
  const labels = new Uint8Array(height * width)
  const top = stride * (step * Math.floor(region / grid[1]) - origin)
  const left = stride * (step * (region % grid[1]) - origin)
  for (let y = Math.max(0, -top); y < Math.min(side, height - top); y++) {
    for (let x = Math.max(0, -left); x < Math.min(side, width - left); x++) {
      let value = 0
      for (let i = 0; i < window * window; i++) {
        const [row, column] = [Math.floor(i / window), i % window]
        value += upsampling[y * window + row] * upsampling[x * window + column] * data[region * window * window + i]
      }
      labels[(top + y) * width + left + x] = value > threshold ? 1 : 0
    }
  }
  return encodeMask({ height, width, labels })
}

describe('masks at the resolution of the image', () => {
  const rng = new Rng(1)
  const shapes = [
    { window: 1, stride: 4, origin: 0, step: 1 },
    { window: 4, stride: 2, origin: 2, step: 1 },
    { window: 5, stride: 3, origin: 2, step: 2 },
    { window: 6, stride: 8, origin: 2, step: 1 },
    { window: 3, stride: 1, origin: 1, step: 3 },
  ]

  test.each(shapes)('are U·z·Uᵗ above a threshold, for $window cells of $stride pixels', (geometry) => {
    const array = pairArray({ ...geometry, grid: [3, 4] })
    for (let i = 0; i < array.data.length; i++) array.data[i] = rng.normal()
    for (const [height, width] of [
      [9, 14],
      [20, 7],
      [3, 40],
    ]) {
      const upsampler = new RegionUpsampler(array, { height, width }, 0.1)
      for (let region = 0; region < 12; region++) {
        expect(upsampler.mask(region)).toEqual(pasted(array, region, [height, width], 0.1))
      }
    }
  })

  test('that fill their window run on from column to column', () => {
    const full = pairArray({ grid: [1, 1], window: 2, stride: 4, origin: 0 }, new Float32Array(4).fill(1))
    expect([...new RegionUpsampler(full, { height: 8, width: 8 }).mask(0).counts]).toEqual([0, 64])
    expect([...new RegionUpsampler(full, { height: 8, width: 9 }).mask(0).counts]).toEqual([0, 64, 8])
  })
})

describe('proposals', () => {
  const size = { height: 16, width: 16 }
  const fine = pairArray({ grid: [8, 8], window: 4, stride: 2 }, new Float32Array(8 * 8 * 16).fill(-1))
  const coarse = pairArray({ grid: [4, 4], window: 4, stride: 4 }, new Float32Array(4 * 4 * 16).fill(-1))
  // One object of 8×8 pixels in the middle, seen by a region of each pathway, and one in the corner of 4×4.
  fine.data.fill(3, (4 * 8 + 4) * 16, (4 * 8 + 5) * 16)
  for (const cell of [5, 6, 9, 10]) coarse.data[(2 * 4 + 2) * 16 + cell] = 3
  for (const cell of [10, 11, 14, 15]) fine.data[cell] = 2
  const scores = [new Float32Array(64).fill(-9), new Float32Array(16).fill(-9)]
  scores[0][4 * 8 + 4] = 1
  scores[1][2 * 4 + 2] = 2
  scores[0][0] = 0
  const pathways = [
    { regions: fine, scores: scores[0] },
    { regions: coarse, scores: scores[1] },
  ]

  test('are the best of all pathways, each object once', () => {
    const found = proposalsOf(pathways, size)
    expect(found.map(({ pathway, row, column }) => [pathway, row, column])).toEqual([
      [1, 2, 2],
      [0, 0, 0],
    ])
    expect(found[0].score).toBeCloseTo(1 / (1 + Math.exp(-2)), 12)
    expect(found[1].score).toBe(0.5)
    expect(maskBox(found[1].mask)).toEqual({ x: 0, y: 0, width: 4, height: 4 })
  })

  test('are as many as asked for, and all with maxIoU 1', () => {
    expect(proposalsOf(pathways, size, { limit: 1 })).toHaveLength(1)
    expect(proposalsOf(pathways, size, { maxIoU: 1 })).toHaveLength(3)
  })

  test('grow as the threshold falls', () => {
    const areas = [0.2, 0.5, 0.8].map((threshold) => maskArea(proposalsOf(pathways, size, { threshold })[0].mask))
    expect(areas[0]).toBeGreaterThan(areas[1])
    expect(areas[1]).toBeGreaterThan(areas[2])
  })

  test('of regions beside the image are none', () => {
    expect(proposalsOf(pathways, { height: 1, width: 1 }, { maxIoU: 1 })).toHaveLength(1) // the corner's
  })

  test('become COCO results, as the COCO API writes them', () => {
    const [best] = proposalsOf(pathways, size)
    const results = cocoProposals(42, [best])
    expect(results).toEqual([
      { image_id: 42, category_id: 1, score: best.score, segmentation: { size: [16, 16], counts: expect.any(String) } },
    ])
    expect(maskArea(best.mask)).toBe(decodeMask(best.mask).labels.reduce((sum, one) => sum + one, 0))
  })

  test('refuse a threshold that is no probability', () => {
    expect(() => proposalsOf(pathways, size, { threshold: 1 })).toThrow(
      'threshold is 1: a probability between 0 and 1, both exclusive; leave it out for 0.5',
    )
  })
})

test('a mask is as sure as its cells are on average', () => {
  const logit = (p: number) => Math.log(p / (1 - p))
  const array = pairArray(
    { grid: [1, 2], window: 2, stride: 1 },
    Float32Array.of(logit(0.9), logit(0.7), -1, 0, -1, -1, -1, -1),
  )
  const [first, empty] = maskConfidence(array)
  expect(first).toBeCloseTo(logit(0.8), 6)
  expect(empty).toBe(-Infinity)
})
