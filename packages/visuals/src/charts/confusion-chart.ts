import { PixelwiseError } from '@pixelwise/masks/shared'
import { type Content, element } from '../markup/markup.js'
import { grouped, percent, shortCount } from '../markup/numbers.js'
import { type DrawingOptions, drawing, fitted, label, marginOf, textWidth } from './drawing.js'

/** Classes and counts of a confusion matrix. */
export interface ConfusionChartOptions extends DrawingOptions {
  readonly title: string
  readonly classes: readonly string[]
  /** Pixels by truth (row) and prediction (column), row-major, classes × classes of them. */
  readonly counts: ArrayLike<number>
}

/**
 * A confusion matrix as SVG text: rows are the truth, columns the prediction, the shade is the share of the row.
 *
 * Large cells show the share and the count, smaller ones the share; every cell says both when pointed at.
 * Throws `visuals/length-mismatch` when there are not classes × classes counts.
 */
export function confusionChart(options: ConfusionChartOptions): string {
  const { title, classes, counts, standalone, width = 720 } = options
  const size = classes.length
  if (counts.length !== size * size) {
    throw new PixelwiseError('visuals/length-mismatch', {
      what: `${counts.length} counts for ${size} classes`,
      rule: `a confusion matrix of ${size} classes has ${size * size} counts`,
      next: 'pass the matrix row by row, one name per class',
    })
  }
  const { margin, left, right, cell, high, top, tilt } = layout(classes, width, marginOf(options))

  return drawing(
    {
      width: Math.max(width, left + cell * size + right),
      height: top + high * size + 12,
      standalone,
      label: `${title}: confusion matrix of ${size} classes, rows truth, columns prediction`,
    },
    label(title, margin, 20, { kind: 'pw-title' }),
    label('rows: truth · columns: prediction · % of row', margin, 38, { kind: 'pw-quiet' }),
    classes.map((name, column) => columnName(name, left + (column + 0.5) * cell, top - 8, tilt)),
    classes.map((truth, row) => {
      const y = top + row * high
      const total = sumOfRow(counts, row, size)
      return element(
        'g',
        {},
        label(fitted(truth, left - 10 - margin), left - 10, y + high / 2 + 4, { anchor: 'end' }),
        classes.map((prediction, column) =>
          cellOf({ truth, prediction, count: counts[row * size + column], total }, left + column * cell, y, cell, high),
        ),
      )
    }),
  )
}

/** Cells as large as the width allows, with room for the names: level over wide columns, the steeper the narrower they are. */
function layout(classes: readonly string[], width: number, margin: number) {
  const longest = Math.max(0, ...classes.map((name) => textWidth(name)))
  const left = margin + Math.min(longest, width * 0.28) + 10
  const level = (width - left - margin) / classes.length
  const tilt = longest <= level - 4 ? 0 : level < 18 ? 65 : 45 // degrees
  const turn = (tilt * Math.PI) / 180
  const last = Math.min(textWidth(classes[classes.length - 1] ?? ''), longestSlanted)
  const right = tilt > 0 ? Math.max(margin, last * Math.cos(turn) + 8 - level / 2) : margin
  const cell = Math.max(14, Math.min(64, (width - left - right) / classes.length))
  const rise = tilt > 0 ? Math.min(longest, longestSlanted) * Math.sin(turn) + 12 : 20
  return { margin, left, right, cell, tilt, high: Math.min(cell, 48), top: 46 + rise }
}

/** Pixels of a column's name before it is cut. */
const longestSlanted = 110

function sumOfRow(counts: ArrayLike<number>, row: number, size: number): number {
  let sum = 0
  for (let column = 0; column < size; column++) sum += counts[row * size + column]
  return sum
}

function columnName(name: string, x: number, y: number, tilt: number): Content {
  if (tilt === 0) return label(name, x, y, { anchor: 'middle' })
  return element(
    'text',
    { transform: `translate(${x.toFixed(2)} ${y.toFixed(2)}) rotate(-${tilt})` },
    fitted(name, longestSlanted),
  )
}

function cellOf(
  { truth, prediction, count, total }: { truth: string; prediction: string; count: number; total: number },
  x: number,
  y: number,
  width: number,
  height: number,
): Content {
  const share = total === 0 ? Number.NaN : count / total
  const middle = x + width / 2
  const kind = share > 0.55 ? 'pw-on-accent' : count === 0 ? 'pw-quiet' : undefined
  const both = width >= 44 && height >= 36
  return element(
    'g',
    {},
    element(
      'title',
      {},
      `truth ${truth}, predicted ${prediction}: ${grouped(count)} pixels, ${percent(share)} of the row`,
    ),
    element('rect', { class: 'pw-track', x: x + 0.5, y: y + 0.5, width: width - 1, height: height - 1, rx: 1.5 }),
    share > 0 &&
      element('rect', {
        class: 'pw-fill-0',
        'fill-opacity': Math.sqrt(share),
        x: x + 0.5,
        y: y + 0.5,
        width: width - 1,
        height: height - 1,
        rx: 1.5,
      }),
    width >= 24 && label(shareText(share), middle, y + height / 2 + (both ? -1 : 4), { anchor: 'middle', kind }),
    both &&
      count > 0 &&
      label(shortCount(count), middle, y + height / 2 + 13, {
        anchor: 'middle',
        kind: `pw-small ${kind ?? ''}`.trim(),
      }),
  )
}

/** Whole percents; a dot where there is nothing, so that the few confusions stand out. */
function shareText(share: number): string {
  if (Number.isNaN(share)) return '–'
  if (share === 0) return '·'
  return share < 0.005 ? '<1' : String(Math.round(share * 100))
}
