import { PixelwiseError } from '@pixelwise/masks/shared'
import { type Content, coordinate, element } from '../markup/markup.js'
import { compact } from '../markup/numbers.js'
import { type DrawingOptions, drawing, label, marginOf, textWidth } from './drawing.js'
import { linearTicks } from './ticks.js'

/** Bins and counts. */
export interface HistogramChartOptions extends DrawingOptions {
  readonly title: string
  /** Bounds of the bins, ascending, one more than there are bins; drawn equally wide whatever their distance. */
  readonly edges: readonly number[]
  /** Counts per bin, stacked from the first up. */
  readonly series: readonly { readonly name: string; readonly counts: ArrayLike<number> }[]
  /** Counts per bin drawn as a line around all: what there was to find. */
  readonly outline?: { readonly name: string; readonly counts: ArrayLike<number> }
  readonly xLabel?: string
  readonly yLabel?: string
  readonly height?: number
}

/**
 * Stacked counts over bins of a quantity, as SVG text: found objects over their size, by who has found them.
 *
 * Throws `visuals/length-mismatch` when a series has more or fewer counts than there are bins.
 *
 * @example
 * histogramChart({ title: 'Sizes', edges: [0, 10, 100], series: [{ name: 'found', counts: [3, 5] }] })
 */
export function histogramChart(options: HistogramChartOptions): string {
  const { title, edges, series, outline, xLabel, yLabel, standalone, width = 720, height = 320 } = options
  const bins = edges.length - 1
  for (const one of outline === undefined ? series : [...series, outline]) checkLength(one, bins)
  const stacks = stackedCounts(series, bins)
  const highest = Math.max(0, ...(stacks.at(-1) ?? []), ...Array.from(outline?.counts ?? []))
  const yTicks = linearTicks(0, highest, 5)
  const margin = marginOf(options)
  const left = margin + Math.max(...yTicks.map((tick) => textWidth(compact(tick)))) + 8
  const right = width - margin - 14
  const top = 56 + (yLabel === undefined ? 0 : 14)
  const bottom = height - (xLabel === undefined ? 28 : 44)
  const x = (edge: number) => left + (edge / bins) * (right - left)
  const y = (count: number) => bottom - (count / yTicks[yTicks.length - 1]) * (bottom - top)
  const names = outline === undefined ? series : [...series, outline]
  return drawing(
    { width, height, standalone, label: `${title}: ${names.map(describe).join(', ')}` },
    label(title, margin, 20, { kind: 'pw-title' }),
    yLabel !== undefined && label(yLabel, margin, 38, { kind: 'pw-quiet' }),
    keys(series, outline?.name, margin, top - 14),
    yTicks.map((tick) => [
      element('path', { class: 'pw-rule', d: `M${coordinate(left)} ${coordinate(y(tick))}H${right}` }),
      label(compact(tick), left - 8, y(tick) + 4, { anchor: 'end', kind: 'pw-quiet' }),
    ]),
    series.map(({ name }, s) => bars(name, s, stacks, { bins, x, y, edges })),
    outline !== undefined && element('path', { class: 'pw-axis', 'stroke-width': 1.5, d: steps(outline.counts, x, y) }),
    edgeLabels(edges, right - left).map((edge) =>
      label(compact(edges[edge]), x(edge), bottom + 18, { anchor: 'middle', kind: 'pw-quiet' }),
    ),
    xLabel !== undefined && label(xLabel, (left + right) / 2, bottom + 36, { anchor: 'middle', kind: 'pw-quiet' }),
  )
}

/** The height of each bin after each series. */
function stackedCounts(series: HistogramChartOptions['series'], bins: number): number[][] {
  const sums = Array<number>(bins).fill(0)
  return series.map(({ counts }) => {
    for (let bin = 0; bin < bins; bin++) sums[bin] += counts[bin]
    return [...sums]
  })
}

function bars(
  name: string,
  series: number,
  stacks: readonly number[][],
  {
    bins,
    x,
    y,
    edges,
  }: { bins: number; x: (edge: number) => number; y: (count: number) => number; edges: readonly number[] },
): Content {
  return Array.from({ length: bins }, (_, bin) => {
    const low = series === 0 ? 0 : stacks[series - 1][bin]
    const high = stacks[series][bin]
    if (high === low) return false
    return element(
      'rect',
      {
        class: `pw-fill-${series % colours}`,
        x: x(bin) + 1,
        y: y(high),
        width: x(bin + 1) - x(bin) - 2,
        height: y(low) - y(high),
      },
      element('title', {}, `${name}, ${compact(edges[bin])} to ${compact(edges[bin + 1])}: ${high - low}`),
    )
  })
}

/** The outline of the counts as steps. */
function steps(counts: ArrayLike<number>, x: (edge: number) => number, y: (count: number) => number): string {
  const lines = Array.from(counts, (count, bin) => `V${coordinate(y(count))}H${coordinate(x(bin + 1))}`)
  return `M${coordinate(x(0))} ${coordinate(y(0))}${lines.join('')}V${coordinate(y(0))}`
}

function keys(
  series: HistogramChartOptions['series'],
  outline: string | undefined,
  margin: number,
  baseline: number,
): Content {
  let x = margin
  const place = (name: string) => {
    const here = x
    x += 16 + textWidth(name) + 18
    return here
  }
  const named = series.map(({ name }, s) => {
    const at = place(name)
    return [
      element('rect', { class: `pw-fill-${s % colours}`, x: at, y: baseline - 10, width: 10, height: 10, rx: 2 }),
      label(name, at + 16, baseline),
    ]
  })
  if (outline === undefined) return named
  const at = place(outline)
  return [
    named,
    element('path', { class: 'pw-axis', 'stroke-width': 1.5, d: `M${at} ${baseline - 5}h10` }),
    label(outline, at + 16, baseline),
  ]
}

/** As many edges, the first among them, as have room for their labels. */
function edgeLabels(edges: readonly number[], width: number): number[] {
  const widest = Math.max(...edges.map((edge) => textWidth(compact(edge)))) + 10
  const every = Math.max(1, Math.ceil(widest / (width / (edges.length - 1))))
  return [...edges.keys()].filter((edge) => edge % every === 0)
}

/** Colours of series in the theme. */
const colours = 6

function describe({ name, counts }: { readonly name: string; readonly counts: ArrayLike<number> }): string {
  return `${name} ${Array.from(counts).reduce((sum, count) => sum + count, 0)}`
}

function checkLength(
  { name, counts }: { readonly name: string; readonly counts: ArrayLike<number> },
  bins: number,
): void {
  if (counts.length === bins && bins > 0) return
  throw new PixelwiseError('visuals/length-mismatch', {
    what: `"${name}" has ${counts.length} counts for ${bins} bins`,
    rule: 'there is one count for each two neighbouring edges',
    next: 'pass one edge more than there are counts',
  })
}
