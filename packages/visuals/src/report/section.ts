import type { BarChartOptions } from '../charts/bar-chart.js'
import type { ConfusionChartOptions } from '../charts/confusion-chart.js'
import type { LegendEntry } from '../charts/legend.js'
import type { LineChartOptions } from '../charts/line-chart.js'

/** One part of a report. All text is plain text and gets escaped. */
export type Section = FiguresSection | ChartsSection | PicturesSection | FactsSection | TableSection | TextSection

interface Titled {
  readonly title?: string
  /** A sentence or two under the title. */
  readonly note?: string
}

/** Numbers to be read from across the room. */
export interface FiguresSection extends Titled {
  readonly kind: 'figures'
  readonly figures: readonly {
    readonly label: string
    /** The number as it shall be written: `83.1 %`. */
    readonly value: string
    readonly note?: string
    readonly emphasis?: boolean
  }[]
}

/** Charts, two beside each other where there is room; a wide one takes the whole line. */
export interface ChartsSection extends Titled {
  readonly kind: 'charts'
  readonly charts: readonly (Chart & { readonly wide?: boolean })[]
}

/** A chart as data; it is drawn once for wide and once for narrow screens. */
export type Chart =
  | { readonly kind: 'lines'; readonly options: Undrawn<LineChartOptions> }
  | { readonly kind: 'bars'; readonly options: Undrawn<BarChartOptions> }
  | { readonly kind: 'confusion'; readonly options: Undrawn<ConfusionChartOptions> }

type Undrawn<Options> = Omit<Options, 'width' | 'standalone'>

/** Pictures of examples, the panels of one example beside each other. */
export interface PicturesSection extends Titled {
  readonly kind: 'pictures'
  readonly legend?: readonly LegendEntry[]
  readonly examples: readonly PictureExample[]
}

/** Pictures of one example, side by side. */
export interface PictureExample {
  readonly name: string
  readonly note?: string
  readonly panels: readonly Panel[]
  /** Two panels, by index, to lay over each other with a slider between them. */
  readonly compare?: readonly [left: number, right: number]
}

/** A picture with its caption. */
export interface Panel {
  readonly caption: string
  /** The picture as the bytes of a PNG file. */
  readonly png: Uint8Array
}

/** Names and values: the command, versions, the seed, times. */
export interface FactsSection extends Titled {
  readonly kind: 'facts'
  readonly facts: readonly (readonly [name: string, value: string])[]
}

/** Rows under column names; cells that are numbers or start like one align right. */
export interface TableSection extends Titled {
  readonly kind: 'table'
  readonly columns: readonly string[]
  readonly rows: readonly (readonly (string | number)[])[]
}

/** Paragraphs of text. */
export interface TextSection extends Titled {
  readonly kind: 'text'
  readonly paragraphs: readonly string[]
}
