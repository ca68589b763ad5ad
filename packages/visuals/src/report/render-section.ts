import { barChart } from '../charts/bar-chart.js'
import { confusionChart } from '../charts/confusion-chart.js'
import { lineChart } from '../charts/line-chart.js'
import { type Content, element, Markup } from '../markup/markup.js'
import { pictures } from './render-pictures.js'
import type { Chart, FactsSection, FiguresSection, Section, TableSection } from './section.js'

/** A section as HTML. */
export function renderSection(section: Section): Markup {
  return element(
    'section',
    { class: section.kind },
    section.title !== undefined && element('h2', {}, section.title),
    section.note !== undefined && element('p', { class: 'note' }, section.note),
    body(section),
  )
}

function body(section: Section): Content {
  switch (section.kind) {
    case 'figures':
      return figures(section)
    case 'charts':
      return element('div', { class: 'grid' }, section.charts.map(chart))
    case 'pictures':
      return pictures(section)
    case 'facts':
      return facts(section)
    case 'table':
      return table(section)
    case 'text':
      return section.paragraphs.map((paragraph) => element('p', {}, paragraph))
  }
}

function figures({ figures: list }: FiguresSection): Content {
  return element(
    'dl',
    { class: 'numbers' },
    list.map(({ label, value, note, emphasis }) =>
      element(
        'div',
        { class: emphasis ? 'main' : undefined },
        element('dt', {}, label),
        element('dd', {}, value),
        note !== undefined && element('dd', { class: 'note' }, note),
      ),
    ),
  )
}

/**
 * Text in a scaled-down chart would be too small on a phone, so each chart is drawn for both widths.
 *
 * A wide matrix needs more than a phone has even with its smallest cells: it scrolls.
 */
function chart(one: Chart & { readonly wide?: boolean }): Content {
  const scroll = one.wide && one.kind === 'confusion' ? ' scroll' : ''
  return element(
    'figure',
    { class: one.wide ? 'wide' : undefined },
    element('div', { class: `broad${scroll}` }, new Markup(draw(one, one.wide ? 1040 : 508))),
    element('div', { class: `narrow${scroll}` }, new Markup(draw(one, 350))),
  )
}

function draw({ kind, options }: Chart, width: number): string {
  const place = { width, standalone: false }
  switch (kind) {
    case 'lines':
      return lineChart({ ...options, ...place, height: options.height ?? (width < 400 ? 240 : 300) })
    case 'bars':
      return barChart({ ...options, ...place })
    case 'confusion':
      return confusionChart({ ...options, ...place })
  }
}

function facts({ facts: list }: FactsSection): Content {
  return element(
    'dl',
    { class: 'list' },
    list.map(([name, value]) => [element('dt', {}, name), element('dd', {}, value)]),
  )
}

function table({ columns, rows }: TableSection): Content {
  const align = (cell: string | number) => (/^[-–+]?\s?\d/.test(String(cell)) ? 'number' : undefined)
  const head = element(
    'tr',
    {},
    columns.map((name, i) => element('th', { class: rows.length > 0 ? align(rows[0][i] ?? '') : undefined }, name)),
  )
  return element(
    'div',
    { class: 'scroll' },
    element(
      'table',
      {},
      element('thead', {}, head),
      element(
        'tbody',
        {},
        rows.map((row) =>
          element(
            'tr',
            {},
            row.map((cell) => element('td', { class: align(cell) }, cell)),
          ),
        ),
      ),
    ),
  )
}
