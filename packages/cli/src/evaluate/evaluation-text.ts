import type { AbsentClassRule, ConfusionMatrix } from '@pixelwise/metrics'
import { counted, grouped, percent } from '../output/numbers.js'
import { bold } from '../output/streams.js'
import { table } from '../output/table.js'
import type { Evaluation } from './evaluate-folders.js'

/** The four scores, the classes, and the confusion matrix in percent of its rows. */
export function evaluationText({ matrix, images }: Evaluation, absent: AbsentClassRule): string {
  const scores = matrix.scores(absent)
  return [
    table(
      [{ heading: 'score' }, { heading: '', align: 'right' }],
      [
        ['pixel accuracy', percent(scores.pixelAccuracy)],
        ['mean accuracy', percent(scores.meanAccuracy)],
        ['mean IU', percent(scores.meanIU)],
        ['frequency weighted IU', percent(scores.frequencyWeightedIU)],
      ],
    ),
    classTable(matrix, absent),
    confusionTable(matrix),
    `${counted(matrix.total, 'pixel')} of ${counted(images, 'image')}, ${grouped(matrix.ignored)} ignored`,
  ].join('\n\n')
}

function classTable(matrix: ConfusionMatrix, absent: AbsentClassRule): string {
  const iu = matrix.classIU(absent)
  const accuracy = matrix.classAccuracy()
  const pixels = matrix.truthPixels()
  const rows = matrix.classNames.map((name, c) => [
    String(c),
    name,
    percent(iu[c]),
    percent(accuracy[c]),
    grouped(pixels[c]),
  ])
  return table(
    [
      { heading: '', align: 'right' },
      { heading: 'class' },
      { heading: 'IU', align: 'right' },
      { heading: 'accuracy', align: 'right' },
      { heading: 'true pixels', align: 'right' },
    ],
    rows,
  )
}

function confusionTable(matrix: ConfusionMatrix): string {
  const truth = matrix.truthPixels()
  const rows = matrix.classNames.map((name, t) => [
    String(t),
    name,
    ...matrix.classNames.map((_, p) => share(matrix.counts[t * matrix.classes + p], truth[t])),
  ])
  const heading = bold('confusion: rows are the truth, columns the prediction, in percent of the row')
  return `${heading}\n${table(
    [
      { heading: '', align: 'right' },
      { heading: '' },
      ...matrix.classNames.map((_, p) => ({ heading: String(p), align: 'right' as const })),
    ],
    rows,
  )}`
}

/** Whole percents; a dot for none, so that confusions stand out. */
function share(count: number, total: number): string {
  if (total === 0) return '–'
  if (count === 0) return '·'
  const percents = Math.round((100 * count) / total)
  return percents === 0 ? '<1' : String(percents)
}
