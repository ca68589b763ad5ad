import { describe, expect, test } from 'vitest'
import { activeRegions } from '../loss/active-regions.js'
import { type PairArray, pairArray } from '../pair-array.js'
import { threeObjects } from '../test-support/three-objects.js'
import { activeOverlaps, bestRegions, instanceAreas } from './region-overlaps.js'

const pathway = { name: 'pixels', stride: 1, window: 9, origin: 4, step: 1 }
const every = (value: number) => regionsOf(new Float32Array(144 * 81).fill(value))

function regionsOf(logits: Float32Array): PairArray {
  return pairArray({ ...pathway, grid: [12, 12] }, logits)
}

/** At stride 1 regions can be exact: each says where the object at its centre is. */
function exactRegions(instances = threeObjects()): PairArray {
  const logits = new Float32Array(144 * 81)
  for (let centre = 0; centre < 144; centre++) {
    const object = instances.labels[centre]
    for (let i = 0; i < 81; i++) {
      const row = Math.floor(centre / 12) + Math.floor(i / 9) - 4
      const column = (centre % 12) + (i % 9) - 4
      const inside = row >= 0 && row < 12 && column >= 0 && column < 12
      const isObject = inside && object > 0 && instances.labels[row * 12 + column] === object
      logits[centre * 81 + i] = isObject ? 1 : -1
    }
  }
  return regionsOf(logits)
}

describe('overlaps with the truth', () => {
  test('are 1 for exact regions', () => {
    const active = activeRegions(threeObjects(), pathway)
    expect(active.length).toBeGreaterThan(0)
    expect([...activeOverlaps(exactRegions(), threeObjects(), active)]).toEqual(active.map(() => 1))
  })

  test('count what a region has too much and too little, void left out', () => {
    const active = activeRegions(threeObjects(), pathway).slice(0, 1)
    const { row, column } = active[0]
    const { labels } = threeObjects()
    let valid = 0
    for (let y = Math.max(0, row - 4); y <= Math.min(11, row + 4); y++) {
      for (let x = Math.max(0, column - 4); x <= Math.min(11, column + 4); x++) if (labels[y * 12 + x] >= 0) valid++
    }
    // The first object has 4×5 pixels, all of them in the window.
    expect([...activeOverlaps(every(1), threeObjects(), active)]).toEqual([20 / valid])
    expect([...activeOverlaps(every(-1), threeObjects(), active)]).toEqual([0])
  })

  test('name the best region of each object', () => {
    const best = bestRegions(exactRegions(), threeObjects())
    expect(best.get(1)?.overlap).toBe(1)
    expect(best.get(2)?.overlap).toBe(1)
    // The third runs along the whole edge; a window of 9 sees 9 of its 12 rows.
    expect(best.get(3)?.overlap).toBe(9 / 12)
    expect(bestRegions(every(-1), threeObjects()).size).toBe(0)
  })

  test('a coarser step has the best of the regions it keeps', () => {
    const kept = new Float32Array(36 * 81)
    const all = exactRegions().data
    for (let region = 0; region < 36; region++) {
      const centre = 2 * Math.floor(region / 6) * 12 + 2 * (region % 6)
      kept.set(all.subarray(centre * 81, (centre + 1) * 81), region * 81)
    }
    const best = bestRegions(pairArray({ ...pathway, grid: [6, 6], step: 2 }, kept), threeObjects())
    expect([best.get(1)?.overlap, best.get(2)?.overlap]).toEqual([1, 1])
  })
})

test('areas of objects leave void and background out', () => {
  expect(instanceAreas(threeObjects())).toEqual(
    new Map([
      [3, 12],
      [1, 20],
      [2, 30],
    ]),
  )
})
