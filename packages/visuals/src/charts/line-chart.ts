import { PixelwiseError } from '@pixelwise/masks/shared'
import { type Content, coordinate, element } from '../markup/markup.js'
import { compact } from '../markup/numbers.js'
import { type DrawingOptions, drawing, label, marginOf, textWidth } from './drawing.js'
import { smooth } from './smooth.js'
import { type Point, thinOut } from './thin-out.js'
import { linearTicks, logarithmicTicks } from './ticks.js'

/** One curve. */
export interface Series {
  readonly name: string
  /** Where the values stand, ascending; 1, 2, 3… unless told. */
  readonly x?: ArrayLike<number>
  /** The values; those that are not finite leave a gap. */
  readonly y: ArrayLike<number>
  /** 0..1, see {@link smooth}: the smoothed line is drawn over the faint raw one; 0 (raw only) unless told. */
  readonly smoothing?: number
}

/** Curves and their axes. */
export interface LineChartOptions extends DrawingOptions {
  readonly title: string
  readonly series: readonly Series[]
  readonly xLabel?: string
  readonly yLabel?: string
  /** A logarithmic value axis; values that are not positive leave a gap. */
  readonly log?: boolean
  /** True for values that are shares, 0..1, and are written as percentages. */
  readonly percent?: boolean
  readonly height?: number
}

/**
 * Curves over a common axis as SVG text: losses over steps, scores over epochs.
 *
 * Long curves are thinned without losing their peaks. The same input gives the same text.
 * Throws `visuals/length-mismatch` when a series has more or fewer x than y.
 *
 * @example
 * lineChart({ title: 'Loss', series: [{ name: 'train', y: [2.3, 1.1, 0.7] }], xLabel: 'step' })
 */
export function lineChart(options: LineChartOptions): string {
  const { title, series, xLabel, yLabel, log = false, standalone, width = 720, height = 320 } = options
  const written = options.percent ? wholePercent : compact
  const curves = series.map((one) => pointsOf(one, log))
  const yTicks = valueTicks(curves, log)
  const margin = marginOf(options)
  const frame = {
    left: margin + Math.max(0, ...yTicks.map((tick) => textWidth(written(tick)))) + 8,
    right: width - margin - 14,
    top: 34 + (yLabel === undefined ? 0 : 14) + (series.length > 1 ? 22 : 0),
    bottom: height - (xLabel === undefined ? 28 : 44),
  }
  const xTicks = positionTicks(curves, Math.max(2, Math.round(width / 110)))
  const x = scale([xTicks.low, xTicks.high], [frame.left, frame.right], false)
  const y = scale([yTicks[0], yTicks[yTicks.length - 1]], [frame.bottom, frame.top], log)

  return drawing(
    { width, height, standalone, label: `${title}: ${describe(series, curves, written)}` },
    label(title, margin, 20, { kind: 'pw-title' }),
    yLabel !== undefined && label(yLabel, margin, 38, { kind: 'pw-quiet' }),
    series.length > 1 && keys(series, margin, frame.top - 14),
    yTicks.map((tick) => [
      element('path', { class: 'pw-rule', d: `M${coordinate(frame.left)} ${coordinate(y(tick))}H${frame.right}` }),
      label(written(tick), frame.left - 8, y(tick) + 4, { anchor: 'end', kind: 'pw-quiet' }),
    ]),
    xTicks.ticks.map((tick) =>
      label(compact(tick), x(tick), frame.bottom + 18, { anchor: 'middle', kind: 'pw-quiet' }),
    ),
    element('path', { class: 'pw-axis', d: `M${coordinate(frame.left)} ${frame.bottom}H${frame.right}` }),
    xLabel !== undefined &&
      label(xLabel, (frame.left + frame.right) / 2, height - 8, { anchor: 'middle', kind: 'pw-quiet' }),
    curves.map((curve, index) => strokes(curve, index, series[index].smoothing ?? 0, x, y, width)),
  )
}

/** A share as a percentage with no more decimals than it has: 10 %, 12.5 %. */
function wholePercent(share: number): string {
  return `${compact(share * 100)}\u2009%`
}

function pointsOf({ name, x, y }: Series, log: boolean): Point[] {
  if (x !== undefined && x.length !== y.length) {
    throw new PixelwiseError('visuals/length-mismatch', {
      what: `series "${name}" has ${x.length} x and ${y.length} y`,
      rule: 'each value needs one position',
      next: 'pass arrays of equal length, or leave x out',
    })
  }
  return Array.from({ length: y.length }, (_, i) => ({
    x: x === undefined ? i + 1 : x[i],
    y: Number.isFinite(y[i]) && (!log || y[i] > 0) ? y[i] : Number.NaN,
  }))
}

function valueTicks(curves: readonly Point[][], log: boolean): number[] {
  const { low, high } = extent(curves.flatMap((curve) => curve.map((point) => point.y)))
  if (low === undefined || high === undefined) return log ? [0.1, 1] : [0, 1]
  if (log) return logarithmicTicks(low, high)
  // A curve that stays near its height, seen from zero, is a flat line; otherwise zero is the honest start.
  return linearTicks(low > 0 && low < high * 0.8 ? 0 : low, high, 5)
}

function positionTicks(curves: readonly Point[][], count: number): { low: number; high: number; ticks: number[] } {
  const { low = 0, high = 1 } = extent(curves.flatMap((curve) => curve.map((point) => point.x)))
  const end = high > low ? high : low + 1
  const start = low > 0 && low <= (end - low) * 0.1 ? 0 : low
  const steps = curves.every((curve) => curve.every((point) => Number.isInteger(point.x)))
  const fits = (tick: number) => tick >= start && tick <= end && (!steps || Number.isInteger(tick))
  return { low: start, high: end, ticks: linearTicks(start, end, count).filter(fits) }
}

function extent(values: readonly number[]): { low?: number; high?: number } {
  let low: number | undefined
  let high: number | undefined
  for (const value of values) {
    if (!Number.isFinite(value)) continue
    if (low === undefined || value < low) low = value
    if (high === undefined || value > high) high = value
  }
  return { low, high }
}

function scale([low, high]: [number, number], [from, to]: [number, number], log: boolean): (value: number) => number {
  const position = log ? Math.log10 : (value: number) => value
  return (value) => from + ((position(value) - position(low)) / (position(high) - position(low))) * (to - from)
}

function strokes(
  curve: readonly Point[],
  index: number,
  smoothing: number,
  x: (value: number) => number,
  y: (value: number) => number,
  width: number,
): Content {
  const colour = `pw-line pw-stroke-${index % 6}`
  const draw = (points: readonly Point[], kind: string) =>
    element('path', { class: kind, d: path(thinOut(points, Math.round(width / 4)), x, y) })
  if (smoothing === 0) return draw(curve, colour)
  const means = smooth(
    curve.map((point) => point.y),
    smoothing,
  )
  return [
    draw(curve, `${colour} pw-faint`),
    draw(
      curve.map((point, i) => ({ x: point.x, y: means[i] })),
      colour,
    ),
  ]
}

function path(points: readonly Point[], x: (value: number) => number, y: (value: number) => number): string {
  let pen = 'M'
  let d = ''
  for (const point of points) {
    if (!Number.isFinite(point.y)) {
      pen = 'M'
      continue
    }
    d += `${pen}${coordinate(x(point.x))} ${coordinate(y(point.y))}`
    pen = 'L'
  }
  return d
}

function keys(series: readonly Series[], margin: number, y: number): Content {
  let left = margin
  return series.map(({ name }, index) => {
    const start = left
    left += textWidth(name) + 40
    return [
      element('path', { class: `pw-line pw-stroke-${index % 6}`, d: `M${coordinate(start)} ${y - 4}h16` }),
      label(name, start + 22, y),
    ]
  })
}

function describe(series: readonly Series[], curves: readonly Point[][], written: (value: number) => string): string {
  return series
    .map(({ name }, i) => {
      const finite = curves[i].filter((point) => Number.isFinite(point.y))
      if (finite.length === 0) return `${name} has no finite values`
      return `${name} from ${written(finite[0].y)} to ${written(finite[finite.length - 1].y)}`
    })
    .join(', ')
}
