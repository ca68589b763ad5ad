import { PixelwiseError, Rng } from '@pixelwise/masks/shared'
import { describe, expect, test } from 'vitest'
import { pairArray } from '../pair-array.js'
import { greedySuppression } from './greedy-suppression.js'
import { regionMasks } from './region-masks.js'
import { regionAt, type ScoredRegions, suppressRegions } from './suppress-regions.js'

describe('on an 8×8 image under two pathways of full windows', () => {
  const size = { height: 8, width: 8 }
  const full = (grid: number, stride: number) =>
    regionMasks(pairArray({ grid: [grid, grid], window: 4, stride }, new Float32Array(grid * grid * 16).fill(1)), size)
  const masks = [full(4, 2), full(2, 4)]
  const ranked = [
    { masks: masks[0], scores: Array.from({ length: 16 }, (_, q) => ((7 * q) % 16) / 16) },
    { masks: masks[1], scores: Array.from({ length: 4 }, (_, q) => (q + 0.5) / 4) },
  ]
  const level = masks.map((pathway) => ({ masks: pathway, scores: new Float32Array(pathway.cells.length) }))

  // Worked out by a program of its own, from sets of pixels.
  test.each([
    [0.2, [9]],
    [0.3, [9, 3]],
    [0.5, [9, 2, 11, 4, 12]],
    [0.7, [9, 2, 11, 4, 6, 12, 14, 0]],
  ])('the regions kept at IoU %f by score', (maxIoU, kept) => {
    expect([...suppressRegions(ranked, { maxIoU }).kept]).toEqual(kept)
  })

  test.each([
    [0.2, [0, 7]],
    [0.3, [0, 3, 12, 15]],
    [0.5, [0, 2, 8, 10]],
    [0.7, [0, 1, 3, 4, 5, 7, 10, 12, 13, 15]],
  ])('the regions kept at IoU %f where all scores are equal', (maxIoU, kept) => {
    expect([...suppressRegions(level, { maxIoU }).kept]).toEqual(kept)
  })

  test('from IoU 1 on nothing is dropped, and nothing is looked at', () => {
    expect(suppressRegions(ranked, { maxIoU: 1 })).toMatchObject({ work: { slots: 0, intersections: 0 } })
    expect(suppressRegions(ranked, { maxIoU: 1 }).kept).toHaveLength(20)
  })

  test('an IoU equal to the limit drops nothing, where a product would round below it', () => {
    expect(0.7 * 180).toBeLessThan(126)
    // Cells 0..152 and 27..179 of a row: 126 shared of 180.
    const row = pairArray({ grid: [1, 2], window: 180, stride: 1, origin: 0 })
    row.data.fill(1, 0, 153)
    row.data.fill(1, 180 ** 2 + 26, 180 ** 2 + 179)
    const pathway = { masks: regionMasks(row, { height: 1, width: 180 }), scores: [1, 2] }
    expect(suppressRegions([pathway], { maxIoU: 0.7 }).kept).toHaveLength(2)
    expect(suppressRegions([pathway], { maxIoU: 0.699 }).kept).toHaveLength(1)
  })

  test('a limit keeps the best, as if the rest had not been asked for', () => {
    expect([...suppressRegions(ranked, { maxIoU: 0.5, limit: 3 }).kept]).toEqual([9, 2, 11])
    expect(suppressRegions(ranked, { limit: 0 }).kept).toHaveLength(0)
  })

  test('an index through all pathways is a place on one grid', () => {
    expect(regionAt(ranked, 11)).toEqual({ pathway: 0, region: 11, row: 2, column: 3 })
    expect(regionAt(ranked, 18)).toEqual({ pathway: 1, region: 2, row: 1, column: 0 })
  })
})

describe('random regions', () => {
  // Kinds of masks: blobs, which overlap as objects do, noise, and full windows, whose borders decide.
  const kinds = ['blobs', 'noise', 'full'] as const
  const strides = [[2], [3, 6], [2, 4, 8], [1, 4, 8, 16], [1, 2, 4, 8, 16], [2, 2, 4]]
  const cases = Array.from({ length: 72 }, (_, i) => {
    const rng = new Rng(i)
    return {
      seed: i,
      of: i % 4 === 3 ? ('box' as const) : ('mask' as const),
      maxIoU: rng.pick([0, 0.3, 0.5, 0.7, 0.95]),
      kind: rng.pick(kinds),
      strides: strides[i % strides.length],
      ties: rng.integer(2) === 1,
    }
  })

  test.each(cases)('$seed: $kind under strides $strides, by $of, IoU $maxIoU', ({ seed, of, maxIoU, ...options }) => {
    const rng = new Rng(seed).split('regions')
    const size = { height: 10 + rng.integer(23), width: 10 + rng.integer(23) }
    const pathways = options.strides.map((stride) => randomPathway({ ...options, ...size, stride, rng }))
    const { kept } = suppressRegions(pathways, { maxIoU, of })
    expect([...kept]).toEqual(keptBySets(pathways, maxIoU, of))
  })
})

describe('work', () => {
  const work = (rows: number, columns: number) => {
    const rng = new Rng(rows)
    const size = { height: 2 * rows, width: 2 * columns }
    const pathway = randomPathway({ kind: 'blobs', stride: 2, window: 14, step: 1, ties: false, ...size, rng })
    const { slots, intersections } = suppressRegions([pathway]).work
    return { slots: slots / (rows * columns), intersections: intersections / (rows * columns) }
  }

  test('per region stays within the neighbourhood and does not grow with the image', () => {
    const [small, large] = [work(60, 80), work(120, 160)]
    expect(small.slots).toBeGreaterThan(10)
    expect(large.slots).toBeLessThan(27 ** 2)
    expect(large.slots / small.slots).toBeLessThan(1.35)
    expect(large.intersections / small.intersections).toBeLessThan(1.35)
  })
})

describe('scores', () => {
  const apart = (scores: number[]) => {
    const array = pairArray({ grid: [1, scores.length], window: 1, stride: 4 }, new Float32Array(scores.length).fill(1))
    return [{ masks: regionMasks(array, { height: 4, width: 4 * scores.length }), scores }]
  }

  test('rank as float32, −0 as 0, infinite ones included, ties by index', () => {
    const scores = [0, 1e-30, -0, -Infinity, 1 + 1e-9, 1, -2, Infinity, -1e-30]
    expect([...suppressRegions(apart(scores)).kept]).toEqual([7, 4, 5, 1, 0, 2, 8, 6, 3])
  })

  test('order as a sort by comparison does', () => {
    const rng = new Rng(3)
    const scores = Float32Array.from({ length: 5000 }, () =>
      rng.pick([rng.normal(), rng.normal(0, 1e20), rng.integer(9)]),
    )
    const expected = [...scores.keys()].sort((a, b) => scores[b] - scores[a] || a - b)
    expect([...suppressRegions(apart([...scores])).kept]).toEqual(expected)
  })

  test('that are NaN have no place', () => {
    expect(() => suppressRegions(apart([1, Number.NaN]))).toThrow(
      'score 1 is NaN: scores are numbers, infinite ones included; look at the net: one that has diverged predicts NaN; leave regions without a score out',
    )
  })
})

describe('says what cannot be suppressed', () => {
  const pathway = (stride: number, scores = [1]) => ({
    masks: regionMasks(pairArray({ grid: [1, 1], window: 1, stride }), { height: 1, width: 1 }),
    scores,
  })

  test('scores of another grid', () => {
    expect(() => suppressRegions([pathway(2), pathway(4, [1, 2])])).toThrow(
      new PixelwiseError('suppression/scores-do-not-fit', {
        what: 'pathway 1 has 2 scores for 1 regions',
        rule: 'every region has one score, row by row',
        next: 'pass the scores of the same grid',
      }),
    )
  })

  test('strides that do not nest', () => {
    expect(() => suppressRegions([pathway(2), pathway(6), pathway(4)])).toThrow(
      'pathways of strides 2, 4, 6: of any two strides one divides the other, and 4 does not divide 6; suppress pathways whose strides nest together, the others on their own',
    )
  })

  test('options out of range', () => {
    expect(() => suppressRegions([pathway(2)], { maxIoU: -0.1 })).toThrow(
      'maxIoU is -0.1: a number from 0 on; nothing is dropped from 1 on; leave it out for the default',
    )
    expect(() => suppressRegions([pathway(2)], { maxIoU: Number.NaN })).toThrow('maxIoU is NaN: ')
    expect(() => suppressRegions([pathway(2)], { limit: 1.5 })).toThrow(
      'limit is 1.5: a whole number, or Infinity to keep all; leave it out for the default',
    )
  })

  test('regions of NaN, and windows that are too wide', () => {
    expect(() =>
      regionMasks(pairArray({ grid: [1, 2], window: 1, stride: 4 }, Float32Array.of(1, Number.NaN)), {
        height: 4,
        width: 8,
      }),
    ).toThrow(
      'the region at row 0, column 1 of the grid holds NaN: regions are numbers, infinite ones included; look at the weights: a net that has diverged predicts NaN; train it with a smaller learning rate',
    )
    expect(() => regionMasks(pairArray({ grid: [1, 1], window: 256, stride: 1 }), { height: 1, width: 1 })).toThrow(
      'regions with windows of 256×256 cells: region masks have at most 255 cells on a side; predict large regions on a coarser pathway',
    )
  })

  test('no pathways are no regions', () => {
    expect(suppressRegions([]).kept).toHaveLength(0)
  })
})

interface RandomPathway {
  readonly kind: 'blobs' | 'noise' | 'full'
  readonly ties: boolean
  readonly height: number
  readonly width: number
  readonly stride: number
  readonly window?: number
  readonly step?: number
  readonly rng: Rng
}

function randomPathway({ kind, ties, height, width, stride, rng, ...given }: RandomPathway): ScoredRegions {
  const window = given.window ?? rng.pick([1, 2, 3, 5, 6, 9, 14, 17, 32, 33])
  const step = given.step ?? 1 + rng.integer(3)
  const origin = given.window === undefined ? rng.integer(window) : Math.floor(window / 2)
  const grid = [Math.ceil(height / stride / step), Math.ceil(width / stride / step)] as const
  const array = pairArray({ grid, window, stride, step, origin })
  const [y, x] = [rng.uniform(0, window), rng.uniform(0, window)]
  for (let i = 0; i < array.data.length; i += window * window) {
    const empty = rng.integer(9) === 0
    const radius = window * rng.uniform(0.2, 0.6)
    const centre = [rng.normal(y, window / 12), rng.normal(x, window / 12)]
    for (let cell = 0; cell < window * window; cell++) {
      const away = Math.hypot(Math.floor(cell / window) + 0.5 - centre[0], (cell % window) + 0.5 - centre[1])
      const value = { blobs: radius - away, noise: rng.normal(), full: 1 }[kind]
      array.data[i + cell] = empty ? -1 : value
    }
  }
  const scores = Float32Array.from({ length: grid[0] * grid[1] }, () => (ties ? rng.integer(3) : rng.normal()))
  return { masks: regionMasks(array, { height, width }), scores }
}

/** Greedy suppression of sets of pixels (or boxes around them), pair by pair. */
function keptBySets(pathways: readonly ScoredRegions[], maxIoU: number, of: 'mask' | 'box'): number[] {
  const sets = pathways.flatMap(({ masks }) =>
    Array.from(masks.cells, (_, region) => (of === 'mask' ? pixels(masks, region) : boxOf(pixels(masks, region)))),
  )
  const scores = pathways.flatMap((pathway) => Array.from(pathway.scores))
  const kept = greedySuppression(scores, (a, b) => {
    let shared = 0
    for (const pixel of sets[a]) if (sets[b].has(pixel)) shared++
    return shared / (sets[a].size + sets[b].size - shared) > maxIoU
  })
  return [...kept].filter((index) => sets[index].size > 0)
}

function pixels({ grid, window, stride, origin, step, words, wordsPerRegion }: ScoredRegions['masks'], region: number) {
  const set = new Set<number>()
  const row = step * Math.floor(region / grid[1]) - origin
  const column = step * (region % grid[1]) - origin
  for (let bit = 0; bit < window * window; bit++) {
    if (((words[1 + region * wordsPerRegion + (bit >> 5)] >>> (bit & 31)) & 1) === 0) continue
    for (let y = 0; y < stride; y++) {
      for (let x = 0; x < stride; x++) {
        const top = stride * (row + Math.floor(bit / window)) + y
        set.add(1000 * top + stride * (column + (bit % window)) + x)
      }
    }
  }
  return set
}

function boxOf(set: ReadonlySet<number>): Set<number> {
  const rows = [...set].map((pixel) => Math.floor(pixel / 1000))
  const columns = [...set].map((pixel) => pixel % 1000)
  const box = new Set<number>()
  for (let y = Math.min(...rows); y <= Math.max(...rows); y++) {
    for (let x = Math.min(...columns); x <= Math.max(...columns); x++) box.add(1000 * y + x)
  }
  return box
}
