import { grouped, percent } from '../markup/numbers.js'
import type { TableSection } from './section.js'

/** Rows that a person still reads. */
const most = 12

/**
 * The confusions with the largest share of their true class as a table, the largest first; none where all is right.
 *
 * @param counts Pixels by truth (row) and prediction (column), row-major.
 */
export function mostConfused(names: readonly string[], counts: ArrayLike<number>): TableSection[] {
  const confusions = names.flatMap((truth, row) => {
    const ofRow = Array.from(names, (_, column) => counts[row * names.length + column])
    const total = ofRow.reduce((sum, count) => sum + count, 0)
    return ofRow.flatMap((count, column) =>
      column === row || !(count > 0) ? [] : { truth, prediction: names[column], count, share: count / total },
    )
  })
  if (confusions.length === 0) return []
  const largest = confusions.sort((a, b) => b.share - a.share || b.count - a.count).slice(0, most)
  return [
    {
      kind: 'table',
      title: 'Most confused',
      columns: ['truth', 'predicted as', 'of the truth', 'pixels'],
      rows: largest.map(({ truth, prediction, count, share }) => [truth, prediction, percent(share), grouped(count)]),
    },
  ]
}
