import type { LegendEntry } from '../charts/legend.js'
import { type Content, element } from '../markup/markup.js'
import { hexColour } from '../pixels/palette.js'
import { pngSource } from './png.js'
import type { Panel, PictureExample, PicturesSection } from './section.js'

/** The examples of a section, with what chooses the two panels that their comparisons show. */
export function pictures({ legend: entries, examples }: PicturesSection): Content {
  return [entries !== undefined && legend(entries), chooser(examples), examples.map(example)]
}

function legend(entries: readonly LegendEntry[]): Content {
  return element(
    'ul',
    { class: 'legend' },
    entries.map(({ name, colour }) =>
      element('li', {}, element('span', { style: `background:${hexColour(colour)}` }), name),
    ),
  )
}

/** Two lists of panels for all comparisons of a section; none where examples have other panels than the first. */
function chooser(examples: readonly PictureExample[]): Content {
  const [first] = examples
  if (first?.compare === undefined || first.panels.length < 3) return undefined
  const captions = first.panels.map(({ caption }) => caption)
  const isAlike = ({ panels }: PictureExample) =>
    panels.length === captions.length && panels.every(({ caption }, i) => caption === captions[i])
  if (!examples.every(isAlike)) return undefined
  const [left, right] = first.compare
  return element(
    'p',
    { class: 'pair', hidden: true },
    element('label', {}, 'Compare ', list(captions, left)),
    element('label', {}, ' with ', list(captions, right)),
  )
}

function list(captions: readonly string[], chosen: number): Content {
  return element(
    'select',
    {},
    captions.map((caption, index) => element('option', { value: index, selected: index === chosen }, caption)),
  )
}

function example({ name, note, panels, compare }: PictureExample): Content {
  return element(
    'article',
    {},
    element('h3', {}, name, note !== undefined && element('small', {}, note)),
    element(
      'div',
      { class: 'panels', 'data-compare': compare?.join(' ') },
      panels.map((panel) => picture(panel, name)),
      compare !== undefined && comparison(name),
    ),
  )
}

function picture({ caption, png }: Panel, name: string): Content {
  const { uri, width, height } = pngSource(png, `${name}, ${caption}`)
  const image = { src: uri, width, height, alt: `${name}: ${caption}`, class: width <= 256 ? 'small' : undefined }
  return element('figure', {}, element('img', image), element('figcaption', {}, caption))
}

/** Filled by the page's script from the panels, so that no picture is stored twice; without scripts it stays hidden. */
function comparison(name: string): Content {
  const slider = { type: 'range', min: 0, max: 100, value: 50, 'aria-label': name }
  return element(
    'figure',
    { class: 'compare', hidden: true },
    element('div', { class: 'stage' }, element('input', slider)),
    element('figcaption', {}, element('span', {}), element('span', {})),
  )
}
