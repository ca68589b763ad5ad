import { expect, test } from 'vitest'
import { barChart } from './bar-chart.js'

const widths = (svg: string, kind: string) =>
  [...svg.matchAll(new RegExp(`<rect class="${kind}"[^>]* width="([\\d.]+)"`, 'g'))].map(([, width]) => Number(width))

test('bars are as long as their share of the track', () => {
  const svg = barChart({ title: 'IU', bars: [0.25, 0.5, 1].map((value) => ({ label: 'x', value })) })
  const [track] = widths(svg, 'pw-track')
  const shares = widths(svg, 'pw-fill-0').map((width) => Math.round((width / track) * 1000) / 1000)
  expect(shares).toEqual([0.25, 0.5, 1])
})

test('a class that never occurs gets a word instead of a bar', () => {
  const svg = barChart({ title: 'IU', bars: [{ label: 'boat', value: Number.NaN }], missing: 'not in the truth' })
  expect(widths(svg, 'pw-fill-0')).toEqual([])
  expect(svg).toContain('>not in the truth</text>')
  expect(svg).toContain('aria-label="IU: boat not in the truth"')
})

test('shows the class colour and keeps long names within their column', () => {
  const svg = barChart({ title: 'IU', bars: [{ label: 'a'.repeat(200), value: 1, colour: [128, 0, 64] }], width: 400 })
  expect(svg).toContain('fill="#800040"')
  expect(svg).toMatch(/>a{10,40}…<\/text>/)
})
