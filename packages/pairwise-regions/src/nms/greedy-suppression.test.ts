import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { greedySuppression, suppressBoxes } from './greedy-suppression.js'

interface Case {
  readonly overlap: number
  readonly boxes: readonly [number, number, number, number][]
  readonly scores: readonly number[]
  readonly kept: readonly number[]
}

const fixture: { cases: Case[] } = JSON.parse(readFileSync(new URL('fixtures/box-nms.json', import.meta.url), 'utf8'))

describe('boxes', () => {
  test.each(fixture.cases)('are suppressed at IoU $overlap as torchvision does', ({ overlap, boxes, scores, kept }) => {
    const asBoxes = boxes.map(([x, y, right, bottom]) => ({ x, y, width: right - x, height: bottom - y }))
    expect([...suppressBoxes(asBoxes, scores, overlap)]).toEqual(kept)
  })

  test('of an IoU equal to the limit stay', () => {
    const boxes = [0, 1].map((y) => ({ x: 0, y, width: 1, height: 3 })) // they share 2 of 4
    expect([...suppressBoxes(boxes, [1, 2], 0.5)]).toEqual([1, 0])
    expect([...suppressBoxes(boxes, [1, 2], 0.49)]).toEqual([1])
  })

  test('want one score each', () => {
    expect(() => suppressBoxes([], [1])).toThrow(
      '1 scores for 0 boxes: every box has one score; pass both in the same order',
    )
  })
})

test('anything is suppressed by what is kept, not by what is dropped', () => {
  const near = (a: number, b: number) => Math.abs(a - b) <= 1
  expect([...greedySuppression([3, 2, 1], near)]).toEqual([0, 2])
})
