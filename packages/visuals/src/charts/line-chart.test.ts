import { expect, test } from 'vitest'
import { lineChart } from './line-chart.js'
import { thinOut } from './thin-out.js'

const loss = Array.from({ length: 40 }, (_, i) => 2 * 0.9 ** i)

/** The points of the n-th curve, as drawn. */
function curve(svg: string, n = 0): number[][] {
  const paths = [...svg.matchAll(/<path class="pw-line[^"]*" d="([^"]*)"/g)].map(([, d]) => d)
  return [...paths[n].matchAll(/[ML]([\d.-]+) ([\d.-]+)/g)].map(([, x, y]) => [Number(x), Number(y)])
}

/** Height of each gridline by the number written beside it. */
function gridlines(svg: string): Map<number, number> {
  const found = svg.matchAll(
    /<path class="pw-rule" d="M[\d.]+ ([\d.]+)H[\d.]+"><\/path>|<path class="pw-rule" d="M[\d.]+ ([\d.]+)H[\d.]+"\/><text[^>]*>([^<]*)/g,
  )
  return new Map([...found].map(([, , y, text]) => [Number(text), Number(y)]))
}

test('a value that is a tick is drawn on its gridline, linear and logarithmic', () => {
  for (const log of [false, true]) {
    const svg = lineChart({ title: 't', series: [{ name: 'a', y: [0.1, 1, 0.5] }], log })
    const lines = gridlines(svg)
    const heights = curve(svg).map(([, y]) => y)
    if (log) expect(heights).toEqual([lines.get(0.1), lines.get(1), lines.get(0.5)])
    else expect(heights[1]).toBe(lines.get(1))
  }
})

test('positions grow with x, and uneven steps stay uneven', () => {
  const points = curve(lineChart({ title: 't', series: [{ name: 'a', x: [0, 10, 40], y: [1, 2, 3] }] }))
  const [first, second, third] = points.map(([x]) => x)
  expect((third - second) / (second - first)).toBeCloseTo(3, 2)
})

test('values that are not finite, and on a log axis not positive, leave a gap', () => {
  const svg = lineChart({ title: 't', series: [{ name: 'a', y: [1, Number.NaN, 2, 3] }] })
  expect(svg).toMatch(/d="M[\d.]+ [\d.]+M[\d.]+ [\d.]+L[\d.]+ [\d.]+"/)
  expect(curve(lineChart({ title: 't', log: true, series: [{ name: 'a', y: [1, 0, 2] }] }))).toHaveLength(2)
  expect(lineChart({ title: 't', series: [{ name: 'a', y: [Number.NaN] }] })).toContain('a has no finite values')
})

test('smoothing draws the mean over the faint raw curve', () => {
  const svg = lineChart({ title: 't', series: [{ name: 'a', y: loss, smoothing: 0.8 }] })
  expect(svg.match(/pw-faint/g)).toHaveLength(2) // once in the style sheet, once drawn
  expect(curve(svg, 0)[0]).toEqual(curve(svg, 1)[0])
  expect(curve(svg, 1)[20][1]).toBeLessThan(curve(svg, 0)[20][1])
})

test('only several series need a key', () => {
  expect(lineChart({ title: 't', series: [{ name: 'lonely', y: loss }] })).not.toContain('>lonely<')
  const two = lineChart({
    title: 't',
    series: [
      { name: 'one', y: loss },
      { name: 'two', y: loss },
    ],
  })
  expect(two).toContain('>one<')
  expect(two).toContain('>two<')
})

test('thinning keeps the peaks, the ends and the gaps', () => {
  const points = Array.from({ length: 10_000 }, (_, x) => ({ x, y: Math.sin(x / 50) }))
  points[1234] = { x: 1234, y: 99 }
  points[4321] = { x: 4321, y: -99 }
  points[7777] = { x: 7777, y: Number.NaN }
  const kept = thinOut(points, 100)
  expect(kept.length).toBeLessThanOrEqual(401)
  for (const index of [0, 1234, 4321, 7777, 9999]) expect(kept).toContain(points[index])
})

test('says which series does not fit', () => {
  expect(() => lineChart({ title: 't', series: [{ name: 'a', x: [1, 2], y: [1] }] })).toThrow(
    'series "a" has 2 x and 1 y: each value needs one position; pass arrays of equal length, or leave x out',
  )
})
