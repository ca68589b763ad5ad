import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { resizeBilinear, resizeLabels } from './resize.js'

interface ResizeCase {
  readonly from: [number, number]
  readonly to: [number, number]
  readonly image: number[]
  readonly resized: number[]
  readonly labels: number[]
  readonly nearest: number[]
}

const { cases }: { cases: ResizeCase[] } = JSON.parse(
  readFileSync(new URL('../../fixtures/resize-cases.json', import.meta.url), 'utf8'),
)

test.each(cases)('images are resized as OpenCV does: $from → $to', ({ from, to, image, resized }) => {
  const raster = { height: from[0], width: from[1], channels: 3, data: Float32Array.from(image) }
  const result = resizeBilinear(raster, to[0], to[1])
  expect([result.height, result.width, result.channels]).toEqual([...to, 3])
  const worst = result.data.reduce((max, value, i) => Math.max(max, Math.abs(value - resized[i])), 0)
  // Inputs and outputs are stored with four decimals of values up to 255.
  expect(worst).toBeLessThan(5e-4)
})

test.each(cases)(
  'labels are taken from under the new centre as Pillow does: $from → $to',
  ({ from, to, labels, nearest }) => {
    const map = { height: from[0], width: from[1], labels: Uint8Array.from(labels) }
    expect(resizeLabels(map, to[0], to[1])).toEqual({ height: to[0], width: to[1], labels: Uint8Array.from(nearest) })
  },
)

test('8-bit values are rounded', () => {
  const row = { height: 1, width: 2, channels: 1, data: Uint8Array.of(10, 13) }
  expect([...resizeBilinear(row, 1, 4).data]).toEqual([10, 11, 12, 13])
})
