import { element, Markup } from '../markup/markup.js'
import { pageScript } from './page-script.js'
import { pageStyle } from './page-style.js'
import { renderSection } from './render-section.js'
import type { Section } from './section.js'

/** A page of sections. */
export interface Report {
  readonly title: string
  /** What was done and what came out, in a sentence or two. */
  readonly summary: string
  readonly sections: readonly Section[]
  /** The last line; who made the report unless told. */
  readonly footer?: string
}

/**
 * A report as one HTML file that needs nothing else: styles, pictures and the little script it has are inside, and its
 * content security policy forbids it to fetch anything.
 *
 * Readable in light and dark, on paper and on a phone. All text is escaped; the same input gives the same file.
 * Throws `visuals/not-a-png` and `visuals/length-mismatch` as its pictures and charts do.
 *
 * @example
 * htmlReport({ title: 'Run 7', summary: 'It learned.', sections: [{ kind: 'facts', facts: [['seed', '7']] }] })
 */
export function htmlReport({ title, summary, sections, footer = 'Made with Pixelwise.' }: Report): string {
  const policy = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'"
  const head = element(
    'head',
    {},
    element('meta', { charset: 'utf-8' }),
    element('meta', { 'http-equiv': 'Content-Security-Policy', content: policy }),
    element('meta', { name: 'viewport', content: 'width=device-width, initial-scale=1' }),
    element('title', {}, title),
    element('style', {}, new Markup(pageStyle())),
  )
  const compares = sections.some(
    (section) => section.kind === 'pictures' && section.examples.some((example) => example.compare !== undefined),
  )
  const main = element(
    'main',
    {},
    element('header', {}, element('h1', {}, title), element('p', {}, summary)),
    sections.map(renderSection),
    element('footer', {}, footer),
  )
  const page = element(
    'html',
    { lang: 'en' },
    head,
    element('body', {}, main, compares && element('script', {}, new Markup(pageScript))),
  )
  return `<!doctype html>\n${page.code}\n`
}
