import { type Content, element, Markup, render } from '../markup/markup.js'
import { chartStyle } from '../markup/theme.js'

/** What all charts take. */
export interface DrawingOptions {
  /** Width in pixels at which text has its natural size. */
  readonly width?: number
  /** True (the default) for a file of its own; false inside an HTML page that carries the charts’ style rules. */
  readonly standalone?: boolean
}

/** An SVG document of the given size with an accessible name, on the theme's surface. */
export function drawing(
  size: { width: number; height: number; label: string; standalone?: boolean },
  ...content: Content[]
): string {
  const { width, height, label, standalone = true } = size
  const root = {
    xmlns: standalone ? 'http://www.w3.org/2000/svg' : undefined,
    class: 'pw',
    viewBox: `0 0 ${Math.ceil(width)} ${Math.ceil(height)}`,
    width: Math.ceil(width),
    height: Math.ceil(height),
    role: 'img',
    'aria-label': label,
  }
  const ground = standalone && [
    element('style', {}, new Markup(chartStyle())),
    element('rect', { class: 'pw-surface', width: '100%', height: '100%' }),
  ]
  return render(element('svg', root, ground, content))
}

/** Text at a point; `anchor` says which side of the text the point is on. */
export function label(
  text: string,
  x: number,
  y: number,
  { anchor, kind }: { anchor?: 'start' | 'middle' | 'end'; kind?: string } = {},
): Content {
  return element('text', { x, y, 'text-anchor': anchor === 'start' ? undefined : anchor, class: kind }, text)
}

/** Space left at the edges: none inside a page, whose text column the chart then lines up with. */
export function marginOf({ standalone = true }: DrawingOptions): number {
  return standalone ? 12 : 0
}

/** About how wide a text is drawn, in pixels: the mean advance of the widest common sans-serif faces (DejaVu, Verdana). */
export function textWidth(text: string, fontSize = 12): number {
  return [...text].length * fontSize * advance
}

/** The text, cut with an ellipsis where it would be wider than asked. */
export function fitted(text: string, width: number, fontSize = 12): string {
  const letters = [...text]
  const room = Math.max(1, Math.floor(width / (fontSize * advance) + 1e-6))
  return letters.length <= room ? text : `${letters.slice(0, room - 1).join('')}…`
}

/** In parts of the font size. */
const advance = 0.62
