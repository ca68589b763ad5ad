import { writeFileSync } from 'node:fs'

/** Colours of the figures, those of the charts of `@pixelwise/visuals`; readable in light and in dark. */
const light = {
  surface: '#fdfcfa',
  ink: '#1c1b19',
  quiet: '#63605a',
  rule: '#dedad2',
  series: ['#24609f', '#b4541a', '#3d7a4b', '#8a4a86'],
}
const dark = {
  surface: '#171716',
  ink: '#ece9e2',
  quiet: '#a8a49b',
  rule: '#3a3935',
  series: ['#7db3ea', '#e9a06b', '#8cc79a', '#cf9acb'],
}

const rules = ({ surface, ink, quiet, rule, series }) =>
  [
    `svg{background:${surface}}text{fill:${ink}}.quiet{fill:${quiet}}`,
    `.rule{stroke:${rule};fill:none}.line{stroke:${quiet};fill:none}.track{fill:${rule}}`,
    ...series.map((colour, i) => `.stroke-${i}{stroke:${colour};fill:none;stroke-width:2}.fill-${i}{fill:${colour}}`),
  ].join('')

const style = `text{font:12px system-ui,sans-serif}.small{font-size:10px}.middle{text-anchor:middle}.end{text-anchor:end}${rules(light)}@media(prefers-color-scheme:dark){${rules(dark)}}`

const escaped = (text) => String(text).replace(/[&<>"]/g, (mark) => `&#${mark.charCodeAt(0)};`)
const number = (value) => (typeof value === 'number' ? Math.round(value * 100) / 100 : value)

/** One element: its name, attributes and, for text, what it says. */
export function element(name, attributes, text) {
  const written = Object.entries(attributes).map(([key, value]) => ` ${key}="${escaped(number(value))}"`)
  return text === undefined ? `<${name}${written.join('')}/>` : `<${name}${written.join('')}>${escaped(text)}</${name}>`
}

export const rectangle = (x, y, width, height, kind, more = {}) =>
  element('rect', { x, y, width, height, class: kind, ...more })
export const line = (x1, y1, x2, y2, kind = 'line') => element('line', { x1, y1, x2, y2, class: kind })
export const text = (words, x, y, kind = '') => element('text', { x, y, class: kind }, words)

/** Writes docs/figures/NAME.svg. */
export function writeFigure(name, { width, height, title }, ...content) {
  const head = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escaped(title)}"><style>${style}</style>`
  writeFileSync(figure(`${name}.svg`), `${head}${content.flat(9).join('')}</svg>\n`)
}

/** Where a figure goes. */
export const figure = (name) => new URL(`../../docs/figures/${name}`, import.meta.url)
