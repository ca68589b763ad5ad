/** A piece of finished HTML or SVG. Everything else is text and gets escaped. */
export class Markup {
  readonly code: string

  /** @param code well-formed markup, taken as it is */
  constructor(code: string) {
    this.code = code
  }

  toString(): string {
    return this.code
  }
}

/** What an element may contain: markup, text (escaped), or nothing. */
export type Content = Markup | string | number | null | undefined | false | readonly Content[]

/** Attribute values; those that are undefined or false are left out, true gives an empty attribute. */
export type Attributes = Readonly<Record<string, string | number | boolean | undefined>>

/**
 * One element of HTML or SVG, well-formed as XML too. Text and attribute values are escaped.
 *
 * @example
 * element('text', { x: 4 }, 'cats & dogs').code // <text x="4">cats &amp; dogs</text>
 */
export function element(name: string, attributes: Attributes = {}, ...content: Content[]): Markup {
  const inside = render(content)
  const written = Object.entries(attributes)
    .filter(([, value]) => value !== undefined && value !== false)
    .map(([key, value]) => ` ${key}="${attributeText(value)}"`)
    .join('')
  return new Markup(
    inside === '' && closesItself.has(name) ? `<${name}${written}/>` : `<${name}${written}>${inside}</${name}>`,
  )
}

/** Content as code, side by side. */
export function render(content: Content): string {
  if (content === null || content === undefined || content === false) return ''
  if (content instanceof Markup) return content.code
  if (typeof content === 'string' || typeof content === 'number') return escapeText(String(content))
  return content.map(render).join('')
}

/** Text made harmless in HTML, in SVG and inside quotes; characters that XML forbids become the replacement character. */
export function escapeText(text: string): string {
  return text.replace(forbidden, '\uFFFD').replace(/[&<>"']/g, (character) => entities[character])
}

function attributeText(value: string | number | boolean | undefined): string {
  if (typeof value === 'number') return coordinate(value)
  return value === true ? '' : escapeText(String(value))
}

/** A coordinate with at most two decimals, which is a hundredth of a pixel. */
export function coordinate(value: number): string {
  return String(Math.round(value * 100) / 100 + 0)
}

const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters XML 1.0 has no way to write.
const forbidden = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Surrogate}/gu

const closesItself = new Set([
  ...['img', 'input', 'meta', 'br', 'hr', 'link'],
  ...['rect', 'line', 'path', 'circle', 'polyline', 'polygon'],
])
