import { Rng } from '@pixelwise/masks/shared'
import { expect, test } from 'vitest'
import { planTiles } from './tile-plan.js'

test('an image that fits is one tile', () => {
  expect(planTiles(100, 100, { before: 60, after: 60, stride: 32 })).toEqual([
    { start: 0, length: 100, from: 0, to: 100 },
  ])
})

test('cuts a row of 100 pixels for a net that sees 5 before, 7 after, stride 4', () => {
  expect(planTiles(100, 51, { before: 5, after: 7, stride: 4 })).toEqual([
    { start: 0, length: 48, from: 0, to: 41 },
    { start: 36, length: 48, from: 41, to: 57 },
    { start: 52, length: 48, from: 57, to: 100 },
  ])
})

test('any plan keeps every pixel once, away from cuts, on the grid of the stride', () => {
  const rng = new Rng('tile plan')
  let plans = 0
  for (let round = 0; round < 2000; round++) {
    const needs = { before: rng.integer(20), after: rng.integer(20), stride: 1 + rng.integer(9) }
    const [size, tile] = [1 + rng.integer(300), 1 + rng.integer(120)]
    const shortest = needs.before + needs.after + 2 * needs.stride
    if (size > tile && tile < shortest) continue
    const spans = planTiles(size, tile, needs)
    plans++
    expect(spans[0].from).toBe(0)
    expect(spans.at(-1)?.to).toBe(size)
    for (const [i, span] of spans.entries()) {
      if (i > 0) expect(span.from).toBe(spans[i - 1].to)
      expect(span.to).toBeGreaterThan(span.from)
      expect(span.length).toBeLessThanOrEqual(tile)
      expect(span.length).toBe(spans[0].length)
      expect((size - span.length) % needs.stride).toBe(0)
      expect(span.start % needs.stride).toBe(0)
      const end = span.start + span.length
      if (span.start > 0) expect(span.from - span.start).toBeGreaterThanOrEqual(needs.before)
      if (end < size) expect(end - span.to).toBeGreaterThanOrEqual(needs.after)
      expect(end).toBeLessThanOrEqual(size)
    }
  }
  expect(plans).toBeGreaterThan(1000)
})

test('the size that the error names is enough, and one pixel less is not', () => {
  const needs = { before: 30, after: 31, stride: 8 }
  expect(() => planTiles(500, 64, needs)).toThrow(
    'tiles of 64 pixels for an image of 500: the net sees 30 pixels before and 31 after each pixel and has a total stride of 8; use tiles of at least 76 pixels; larger ones repeat less work, so prefer 152 or more',
  )
  expect(planTiles(500, 76, needs).length).toBeGreaterThan(1)
  expect(() => planTiles(500, 75, needs)).toThrow('use tiles of at least 76 pixels')
})
