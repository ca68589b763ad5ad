import { expect, test } from 'vitest'
import { histogramChart } from './histogram-chart.js'

const options = {
  title: 'Found',
  edges: [8, 16, 32, 64],
  series: [
    { name: 'fine', counts: [2, 1, 0] },
    { name: 'coarse', counts: [0, 3, 4] },
  ],
  outline: { name: 'all objects', counts: [5, 4, 4] },
}

const rects = (svg: string) =>
  [
    ...svg.matchAll(/<rect class="pw-fill-(\d)" x="([\d.]+)" y="([\d.]+)" width="([\d.]+)" height="([\d.]+)"><title>/g),
  ].map(([, series, x, y, width, height]) => ({
    series,
    x: Number(x),
    bottom: Number(y) + Number(height),
    height: Number(height),
    width,
  }))

test('stacks counts in equally wide bins, to scale', () => {
  const bars = rects(histogramChart(options))
  expect(bars.map(({ series }) => series)).toEqual(['0', '0', '1', '1'])
  const unit = bars[1].height
  expect(bars.map(({ height }) => height / unit)).toEqual([2, 1, 3, 4].map((count) => expect.closeTo(count, 2)))
  expect(bars[2].bottom).toBeCloseTo(bars[1].bottom - unit, 1)
  expect(new Set(bars.map(({ width }) => width)).size).toBe(1)
})

test('says in words what it shows, and each bar on its own', () => {
  const svg = histogramChart(options)
  expect(svg).toContain('aria-label="Found: fine 3, coarse 7, all objects 13"')
  expect(svg).toContain('<title>coarse, 16 to 32: 3</title>')
})

test('draws the outline as steps as high as its counts', () => {
  const svg = histogramChart({ ...options, outline: { name: 'all', counts: [2, 4, 4] } })
  const bars = rects(svg)
  const [, first, second] = /d="M[\d. ]+V([\d.]+)H[\d.]+V([\d.]+)H/.exec(svg) ?? []
  expect(Number(first)).toBeCloseTo(bars[0].bottom - bars[0].height, 1)
  expect(Number(second)).toBeCloseTo(bars[2].bottom - bars[2].height, 1)
})

test('draws no objects as an empty frame', () => {
  expect(rects(histogramChart({ title: 'None', edges: [0, 1], series: [{ name: 'a', counts: [0] }] }))).toEqual([])
})

test('refuses counts that do not fit the bins', () => {
  expect(() => histogramChart({ title: '', edges: [0, 1], series: [{ name: 'a', counts: [1, 2] }] })).toThrow(
    '"a" has 2 counts for 1 bins: there is one count for each two neighbouring edges; pass one edge more than there are counts',
  )
})
