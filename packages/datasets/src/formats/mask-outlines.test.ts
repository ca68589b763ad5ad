import { decodeMask, polygonMask } from '@pixelwise/masks'
import { Rng } from '@pixelwise/masks/shared'
import { expect, test } from 'vitest'
import { maskOutlines } from './mask-outlines.js'

const map = (rows: readonly string[]) => ({
  height: rows.length,
  width: rows[0].length,
  labels: Uint8Array.from(rows.join(''), Number),
})

test('walks around a region clockwise and leaves out corners that are none', () => {
  expect(maskOutlines(map(['0110', '0110']), 1)).toEqual({ outlines: [[1, 0, 3, 0, 3, 2, 1, 2]], hasHoles: false })
  expect(maskOutlines(map(['10', '11']), 1).outlines).toEqual([[0, 0, 1, 0, 1, 1, 2, 1, 2, 2, 0, 2]])
})

test('walks parts that touch at a corner apart', () => {
  expect(maskOutlines(map(['10', '01']), 1).outlines).toEqual([
    [0, 0, 1, 0, 1, 1, 0, 1],
    [1, 1, 2, 1, 2, 2, 1, 2],
  ])
})

test('tells holes', () => {
  const { outlines, hasHoles } = maskOutlines(map(['111', '101', '111']), 1)
  expect([outlines.length, hasHoles]).toEqual([1, true])
})

test('outlines drawn as COCO polygons give the same pixels', () => {
  const rng = new Rng('outlines')
  let compared = 0
  for (let i = 0; i < 300; i++) {
    const [height, width] = [1 + rng.integer(9), 1 + rng.integer(9)]
    const labels = Uint8Array.from({ length: height * width }, () => Number(rng.uniform() < 0.45))
    const { outlines, hasHoles } = maskOutlines({ height, width, labels }, 1)
    if (hasHoles || outlines.length === 0) continue
    expect(decodeMask(polygonMask(outlines, height, width)).labels).toEqual(labels)
    compared++
  }
  expect(compared).toBeGreaterThan(150)
})
