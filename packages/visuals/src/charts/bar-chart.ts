import { type Content, element } from '../markup/markup.js'
import { percent } from '../markup/numbers.js'
import { hexColour, type Rgb } from '../pixels/palette.js'
import { type DrawingOptions, drawing, fitted, label, marginOf, textWidth } from './drawing.js'

/** One bar with its name. */
export interface Bar {
  readonly label: string
  /** A share, 0..1; not a number where there is none, as for a class that never occurs. */
  readonly value: number
  /** The class's colour in the label maps, shown beside its name. */
  readonly colour?: Rgb
  /** True for the bar that the chart is about, where others are there to compare. */
  readonly emphasis?: boolean
}

/** Bars, and a mark to hold them against. */
export interface BarChartOptions extends DrawingOptions {
  readonly title: string
  readonly bars: readonly Bar[]
  /** A dashed line across all bars, with its name under the chart: the mean, or a mark to reach. */
  readonly reference?: { readonly label: string; readonly value: number }
  /** What is written where a value is not a number; `absent` unless told. */
  readonly missing?: string
}

const rowHeight = 26

/**
 * Shares as horizontal bars on a scale of 0 to 100 %, as SVG text: IU per class, a net beside its baselines.
 *
 * @example
 * barChart({ title: 'IU', bars: [{ label: 'cat', value: 0.71 }, { label: 'dog', value: 0.65 }] })
 */
export function barChart(options: BarChartOptions): string {
  const { title, bars, reference, missing = 'absent', standalone, width = 720 } = options
  const swatch = bars.some(({ colour }) => colour !== undefined) ? 20 : 0
  const longest = Math.max(0, ...bars.map((bar) => textWidth(bar.label)))
  const margin = marginOf(options)
  const left = margin + swatch + Math.min(longest, width * 0.45) + 10
  const right = width - margin - 60
  const top = 38
  const bottom = top + bars.length * rowHeight
  const position = (share: number) => left + Math.min(1, Math.max(0, share)) * (right - left)
  const muted = bars.some(({ emphasis }) => emphasis)

  return drawing(
    {
      width,
      height: bottom + (reference === undefined ? 10 : 28),
      standalone,
      label: `${title}: ${bars.map((bar) => `${bar.label} ${Number.isNaN(bar.value) ? missing : percent(bar.value)}`).join(', ')}`,
    },
    label(title, margin, 20, { kind: 'pw-title' }),
    bars.map((bar, index) => {
      const y = top + index * rowHeight
      return element(
        'g',
        {},
        bar.colour !== undefined &&
          element('rect', {
            class: 'pw-swatch',
            x: margin,
            y: y + 6,
            width: 12,
            height: 12,
            rx: 2,
            fill: hexColour(bar.colour),
          }),
        label(fitted(bar.label, left - 10 - margin - swatch), margin + swatch, y + 16),
        element('rect', { class: 'pw-track', x: left, y: y + 5, width: right - left, height: 14, rx: 2 }),
        drawValue(bar, { y, left, right, missing, position, faded: muted && bar.emphasis !== true }),
      )
    }),
    reference !== undefined && referenceLine(reference, { top, bottom, left, right, position }),
  )
}

function drawValue(
  { label: name, value }: Bar,
  place: {
    y: number
    left: number
    right: number
    missing: string
    position: (share: number) => number
    faded: boolean
  },
): Content {
  const { y, left, right, missing, position, faded } = place
  if (!Number.isFinite(value)) return label(missing, right + 8, y + 16, { kind: 'pw-quiet' })
  return [
    element(
      'rect',
      {
        class: 'pw-fill-0',
        'fill-opacity': faded ? 0.45 : undefined,
        x: left,
        y: y + 5,
        width: position(value) - left,
        height: 14,
        rx: 2,
      },
      element('title', {}, `${name}: ${percent(value, 2)}`),
    ),
    label(percent(value), right + 8, y + 16, { kind: faded ? 'pw-quiet' : 'pw-strong' }),
  ]
}

function referenceLine(
  reference: { label: string; value: number },
  frame: { top: number; bottom: number; left: number; right: number; position: (share: number) => number },
): Content {
  const text = `${reference.label} ${percent(reference.value)}`
  const x = frame.position(reference.value)
  const half = textWidth(text) / 2
  const centre = Math.min(Math.max(x, frame.left + half), frame.right + 60 - half)
  return [
    element('path', {
      class: 'pw-axis',
      'stroke-dasharray': '3 3',
      d: `M${x.toFixed(2)} ${frame.top}V${frame.bottom + 4}`,
    }),
    label(text, centre, frame.bottom + 18, { anchor: 'middle', kind: 'pw-quiet' }),
  ]
}
