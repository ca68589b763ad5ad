import { expect, test } from 'vitest'
import {
  barChart,
  confusionChart,
  htmlReport,
  legend,
  lineChart,
  modelGraph,
  modelGraphSvg,
  type Section,
} from './index.js'

const name = 'a<b & "c" \u0007 😀'

const drawings: Record<string, (standalone: boolean) => string> = {
  lineChart: (standalone) =>
    lineChart({
      title: name,
      series: [
        { name, y: [1, Number.NaN, 3], smoothing: 0.5 },
        { name, y: [2] },
      ],
      standalone,
    }),
  barChart: (standalone) =>
    barChart({
      title: name,
      bars: [{ label: name, value: 0.5, colour: [1, 2, 3] }],
      reference: { label: name, value: 0.4 },
      standalone,
    }),
  confusionChart: (standalone) =>
    confusionChart({ title: name, classes: [name, name], counts: [1, 2, 0, 0], standalone }),
  legend: (standalone) => legend([{ name, colour: [255, 0, 0] }], { standalone }),
  modelGraphSvg: (standalone) => modelGraphSvg([{ id: name, type: name, inputs: [] }], { title: name, standalone }),
}

const empty: Record<string, string> = {
  lineChart: lineChart({ title: '', series: [] }),
  barChart: barChart({ title: '', bars: [] }),
  confusionChart: confusionChart({ title: '', classes: [], counts: [] }),
  legend: legend([]),
  modelGraphSvg: modelGraphSvg([]),
}

test.each(Object.entries(drawings))('%s is well-formed XML whatever the names, alone and inside a page', (_, draw) => {
  for (const standalone of [true, false]) {
    const svg = draw(standalone)
    expect(problemOf(svg)).toBeUndefined()
    expect(svg.includes('xmlns="http://www.w3.org/2000/svg"')).toBe(standalone)
    expect(draw(standalone)).toBe(svg)
  }
})

test.each(Object.entries(empty))('%s of nothing is well-formed and has no broken number', (_, svg) => {
  expect(problemOf(svg)).toBeUndefined()
  expect(svg).not.toMatch(/NaN|Infinity|undefined/)
})

test('a report of every kind of section is well-formed', () => {
  const sections: Section[] = [
    { kind: 'figures', title: name, figures: [{ label: name, value: name, note: name, emphasis: true }] },
    { kind: 'charts', note: name, charts: [{ kind: 'bars', options: { title: name, bars: [] }, wide: true }] },
    { kind: 'pictures', legend: [{ name, colour: [0, 0, 0] }], examples: [] },
    { kind: 'facts', facts: [[name, name]] },
    { kind: 'table', columns: [name], rows: [[name], [3]] },
    { kind: 'text', paragraphs: [name] },
  ]
  const html = htmlReport({ title: name, summary: name, sections, footer: name })
  expect(problemOf(html.replace('<!doctype html>\n', '').trimEnd())).toBeUndefined()
})

test('an empty graph is an empty graph', () => {
  expect(modelGraph([])).toEqual({ nodes: [], edges: [] })
})

test.each([
  '<a>',
  '<a></b>',
  '<a/><b/>',
  '<a b=c/>',
  '<a b="<"/>',
  '<a>&</a>',
  '<a b="" b=""/>',
  '<a>\u0007</a>',
  '</a>',
])('the checker of these tests refuses %j', (broken) => {
  expect(problemOf(broken)).toBeDefined()
})

/** What is wrong with a text as XML 1.0 (elements, attributes, references and characters), or undefined. */
function problemOf(xml: string): string | undefined {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: XML forbids them.
  if (/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/.test(xml)) return 'forbidden character'
  const piece =
    /<(?<open>[a-zA-Z][\w:-]*)(?<attributes>(?:\s+[\w:-]+="[^"<]*")*)\s*(?<self>\/?)>|<\/(?<close>[\w:-]+)>|(?<text>[^<]+)/y
  const opened: string[] = []
  let roots = 0
  while (piece.lastIndex < xml.length) {
    const start = piece.lastIndex
    const { open, attributes = '', self, close, text } = piece.exec(xml)?.groups ?? {}
    if (open === undefined && close === undefined && text === undefined)
      return `markup at ${start}: ${xml.slice(start, start + 40)}`
    if (/&(?!(?:amp|lt|gt|quot|apos|#\d+);)/.test(attributes + (text ?? ''))) return `bare & at ${start}`
    const names = [...attributes.matchAll(/\s([\w:-]+)=/g)].map(([, key]) => key)
    if (new Set(names).size < names.length) return `repeated attribute at ${start}`
    if (opened.length === 0 && open !== undefined) roots++
    if (opened.length === 0 && text !== undefined) return `text outside the root at ${start}`
    if (open !== undefined && self === '') opened.push(open)
    if (close !== undefined && opened.pop() !== close) return `</${close}> at ${start} closes nothing`
  }
  if (opened.length > 0) return `<${opened.at(-1)}> is never closed`
  return roots === 1 ? undefined : `${roots} roots`
}
