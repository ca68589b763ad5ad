import { decodeMask, encodeMask, maskIoU } from '@pixelwise/masks'
import { Rng } from '@pixelwise/masks/shared'
import { expect, test } from 'vitest'
import { pairArray } from '../pair-array.js'
import { closestRegions } from './closest-regions.js'
import { regionPlane } from './region-plane.js'
import { RegionUpsampler } from './upsample-region.js'

test('the closest region of each object is the best of all, tried one by one', () => {
  const rng = new Rng(2)
  // Images of 11×13 pixels, padded by the net to 16×16.
  const size = { height: 11, width: 13 }
  const labels = Int32Array.from({ length: 11 * 13 }, (_, i) => (i % 13 < 5 ? 1 : i % 13 > 8 && i > 60 ? 7 : 0))
  const pathways = [
    { grid: [8, 8], window: 4, stride: 2, origin: 2 },
    { grid: [4, 4], window: 5, stride: 4, origin: 2 },
  ].map((geometry) => {
    const regions = pairArray({ ...geometry, grid: [geometry.grid[0], geometry.grid[1]] })
    for (let i = 0; i < regions.data.length; i++) regions.data[i] = rng.normal()
    return { regions }
  })
  const closest = closestRegions(pathways, { ...size, labels })
  expect([...closest.keys()].sort()).toEqual([1, 7])
  for (const [object, { overlap, pathway, row, column, mask }] of closest) {
    const truth = encodeMask({ ...size, labels }, object)
    const overlaps = pathways.flatMap(({ regions }, p) => {
      const upsampler = new RegionUpsampler(regions, size)
      const count = regions.grid[0] * regions.grid[1]
      return Array.from({ length: count }, (_, r) => ({ p, r, iou: maskIoU(upsampler.mask(r), truth) }))
    })
    const best = overlaps.reduce((a, b) => (b.iou > a.iou ? b : a))
    expect(overlap).toBeCloseTo(best.iou, 12)
    expect([pathway, row * pathways[pathway].regions.grid[1] + column]).toEqual([best.p, best.r])
    expect(decodeMask(mask)).toMatchObject(size)
    expect(maskIoU(mask, truth)).toBeCloseTo(overlap, 12)
  }
})

test('a plane shows regions where they lie, dark inside, white outside of the image', () => {
  const regions = pairArray({ grid: [2, 3], window: 2, stride: 4 }, new Float32Array(24).fill(-99))
  regions.data.fill(99, 4 * 4, 5 * 4) // the region in the second row and column
  regions.data.fill(99, 0, 4) // and the one in the corner, whose window sticks out
  const { height, width, data } = regionPlane(regions, { height: 8, width: 12 })
  const rows = Array.from({ length: height }, (_, y) => [...data.subarray(y * width, (y + 1) * width)].join(' '))
  const [o, X] = [255, 0]
  expect(rows).toEqual([
    [o, o, o, o, o, o, o, o].join(' '),
    [o, X, o, o, o, o, o, o].join(' '),
    [o, o, o, o, o, o, o, o].join(' '),
    [o, o, o, X, X, o, o, o].join(' '),
    [o, o, o, X, X, o, o, o].join(' '),
  ])
  expect(regionPlane(regions, { height: 8, width: 12 }, { every: 2, gap: 0 })).toMatchObject({ height: 2, width: 4 })
})
