import { expect, test } from 'vitest'
import { confusionChart } from './confusion-chart.js'

const chart = (counts: number[], width?: number) =>
  confusionChart({ title: 'Confusion', classes: ['cat', 'dog'], counts, width })

test('every cell tells its row, column, count and share of the row', () => {
  const titles = [...chart([75, 25, 1000, 3000]).matchAll(/<title>([^<]*)<\/title>/g)].map(([, title]) => title)
  expect(titles).toEqual([
    'truth cat, predicted cat: 75 pixels, 75.0\u2009% of the row',
    'truth cat, predicted dog: 25 pixels, 25.0\u2009% of the row',
    'truth dog, predicted cat: 1\u2009000 pixels, 25.0\u2009% of the row',
    'truth dog, predicted dog: 3\u2009000 pixels, 75.0\u2009% of the row',
  ])
})

test('the shade is the square root of the share, empty cells have none', () => {
  const shades = [...chart([100, 0, 36, 64]).matchAll(/fill-opacity="([\d.]+)"/g)].map(([, shade]) => Number(shade))
  expect(shades).toEqual([1, 0.6, 0.8])
})

test('a class without truth has dashes, not zeros', () => {
  expect(chart([4, 0, 0, 0]).match(/>–<\/text>/g)).toHaveLength(2)
})

test('all cells of a large matrix lie within the picture', () => {
  const classes = Array.from({ length: 60 }, (_, i) => `class ${i}`)
  const svg = confusionChart({ title: 'Context', classes, counts: new Float64Array(3600).fill(1) })
  const [, width, height] = /viewBox="0 0 (\d+) (\d+)"/.exec(svg) ?? []
  for (const [, x, y, w, h] of svg.matchAll(
    /<rect class="pw-track" x="([\d.]+)" y="([\d.]+)" width="([\d.]+)" height="([\d.]+)"/g,
  )) {
    expect(Number(x) + Number(w)).toBeLessThanOrEqual(Number(width))
    expect(Number(y) + Number(h)).toBeLessThanOrEqual(Number(height))
  }
})

test('refuses a matrix of another size', () => {
  expect(() => chart([1, 2, 3])).toThrow(
    '3 counts for 2 classes: a confusion matrix of 2 classes has 4 counts; pass the matrix row by row, one name per class',
  )
})
