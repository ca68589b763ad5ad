import type { PairArray } from '../pair-array.js'

/** How much of a pair array is shown. */
export interface FormatPairArrayOptions {
  /** Significant digits. Default 3. */
  readonly digits?: number
  /** The most rows and columns of regions that are shown. Default 6. */
  readonly regions?: number
}

/**
 * A pair array as text: a block of numbers for each region, laid out as the regions are.
 *
 * `[ ]` marks a region's own cell, `·` entries whose cell lies outside the grid. Blocks beyond `regions` are left out,
 * which a last line says.
 */
export function formatPairArray(p: PairArray, { digits = 3, regions = 6 }: FormatPairArrayOptions = {}): string {
  const [rows, columns] = p.grid
  const shown = [Math.min(rows, regions), Math.min(columns, regions)]
  const blocks = Array.from({ length: shown[0] }, (_, row) =>
    Array.from({ length: shown[1] }, (_, column) => block(p, row, column, digits)),
  )
  const width = Math.max(...blocks.flat(2).map(({ length }) => length))
  const lines = blocks.map((inRow) => {
    const texts = Array.from({ length: p.window }, (_, i) =>
      inRow
        .map((each) => line(each.slice(i * p.window, (i + 1) * p.window), width))
        .join(' │ ')
        .trimEnd(),
    )
    return texts.join('\n')
  })
  const rule = `\n${Array.from({ length: shown[1] }, () => '─'.repeat((width + 1) * p.window - 1)).join('─┼─')}\n`
  const rest = shown[0] < rows || shown[1] < columns ? `\n(the first ${shown[0]}×${shown[1]} regions)` : ''
  return `${title(p)}\n${lines.join(rule)}${rest}`
}

function title({ grid, window, stride, origin, step }: PairArray): string {
  const every = step === 1 ? '' : `, step ${step}`
  return `${grid[0]}×${grid[1]} regions of ${window}×${window} cells, stride ${stride}, origin ${origin}${every}`
}

/** The texts of one region's entries. */
function block({ data, grid, window, origin, step }: PairArray, row: number, column: number, digits: number): string[] {
  const first = (row * grid[1] + column) * window * window
  // The cells of the grid are known where every cell is the centre of a region; otherwise all entries are shown.
  const inside = (centre: number, i: number, cells: number) =>
    step !== 1 || (centre + i - origin >= 0 && centre + i - origin < cells)
  return Array.from({ length: window * window }, (_, k) => {
    const [i, j] = [Math.floor(k / window), k % window]
    if (!inside(row, i, grid[0]) || !inside(column, j, grid[1])) return ' · '
    const text = numberText(data[first + k], digits)
    return i === origin && j === origin ? `[${text}]` : ` ${text} `
  })
}

function line(texts: readonly string[], width: number): string {
  return texts.map((text) => text.padStart(width)).join(' ')
}

function numberText(value: number, digits: number): string {
  if (Number.isNaN(value)) return 'NaN'
  if (!Number.isFinite(value)) return value > 0 ? '∞' : '−∞'
  return `${Number(value.toPrecision(digits))}`.replace('-', '−')
}
