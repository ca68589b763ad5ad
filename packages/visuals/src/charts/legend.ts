import { element } from '../markup/markup.js'
import { colourOf, hexColour, type Palette, type Rgb } from '../pixels/palette.js'
import { type DrawingOptions, drawing, label, textWidth } from './drawing.js'

/** A class as pictures show it. */
export interface LegendEntry {
  readonly name: string
  readonly colour: Rgb
}

/** Each class name with its colour, in label order: what legends and reports take. Throws `visuals/no-colour`. */
export function legendEntries(names: readonly string[], palette: Palette): LegendEntry[] {
  // No label is passed as the ignored one, so that every class has a colour or throws.
  return names.map((name, label) => ({ name, colour: colourOf(palette, label, Number.NaN) as Rgb }))
}

/** Names and colours of the classes as SVG text, in rows as wide as asked. */
export function legend(entries: readonly LegendEntry[], { width = 720, standalone }: DrawingOptions = {}): string {
  let x = 12
  let y = 12
  const placed = entries.map((entry) => {
    const needed = 18 + textWidth(entry.name) + 18
    if (x > 12 && x + needed > width - 12) {
      x = 12
      y += 22
    }
    const place = { ...entry, x, y }
    x += needed
    return place
  })
  return drawing(
    { width, height: y + 26, standalone, label: `Legend: ${entries.map(({ name }) => name).join(', ')}` },
    placed.map((one) => [
      element('rect', {
        class: 'pw-swatch',
        x: one.x,
        y: one.y,
        width: 12,
        height: 12,
        rx: 2,
        fill: hexColour(one.colour),
      }),
      label(one.name, one.x + 18, one.y + 10),
    ]),
  )
}
