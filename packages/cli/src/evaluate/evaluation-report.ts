import { encodePng, vocPalette } from '@pixelwise/datasets'
import { readImage } from '@pixelwise/datasets/node'
import type { LabelData, LabelMap } from '@pixelwise/masks'
import type { AbsentClassRule } from '@pixelwise/metrics'
import { colourize, type EvaluationReport, evaluationReport, legendEntries } from '@pixelwise/visuals'
import { counted } from '../output/numbers.js'
import { writeTextAside } from '../output/write-aside.js'
import { findInputs } from '../predict/find-inputs.js'
import { version } from '../version.js'
import type { Evaluation, ScoredPair } from './evaluate-folders.js'

/** Images that a report shows at most. */
const mostPictures = 8

/** Collects the pictures of a report while label maps are scored. */
export function reportPictures(folder: string | undefined) {
  const examples: EvaluationReport['examples'][number][] = []
  let files: Promise<Map<string, string>> | undefined
  return {
    examples,
    async add({ name, truth, prediction }: ScoredPair): Promise<void> {
      if (folder === undefined || examples.length === mostPictures) return
      files ??= imageFiles(folder)
      const file = (await files).get(name)
      if (file === undefined) return
      const image = encodePng(await readImage(file))
      examples.push({ name, image, truth: picture(truth), prediction: picture(prediction) })
    },
  }
}

async function imageFiles(folder: string): Promise<Map<string, string>> {
  return new Map((await findInputs([folder])).map(({ name, file }) => [name, file]))
}

function picture(labels: LabelMap<LabelData>): Uint8Array {
  return encodePng(colourize(labels, vocPalette()))
}

/** Writes an evaluation as one self-contained HTML page. */
export async function writeEvaluationReport(
  path: string,
  { matrix, images }: Evaluation,
  options: {
    readonly truth?: string
    readonly predictions?: string
    readonly list?: string
    readonly merge?: readonly string[]
    readonly absent: AbsentClassRule
    readonly examples: EvaluationReport['examples']
  },
): Promise<void> {
  const { truth, predictions, list, merge, absent, examples } = options
  const sources: [string, string | undefined][] = [
    ['truth', truth],
    ['predictions', predictions],
    ['list', list],
    ['parts', merge?.join(', ')],
  ]
  const html = evaluationReport({
    title: 'Label maps against the truth',
    summary: `${counted(images, 'image')}, ${counted(matrix.total, 'labelled pixel')}, ${counted(matrix.classes, 'class', 'classes')}.`,
    classes: legendEntries(matrix.classNames, vocPalette()),
    scores: matrix.scores(absent),
    classIU: matrix.classIU(absent),
    confusion: matrix.counts,
    examples,
    facts: [
      ...sources.flatMap(([name, value]): [string, string][] => (value === undefined ? [] : [[name, value]])),
      ['ignored pixels', matrix.ignored.toLocaleString('en')],
      ['classes absent from the truth', absent === 'truth-only' ? 'do not count' : 'count where predicted'],
      ['made by', `pixelwise evaluate ${version()}`],
    ],
  })
  await writeTextAside(path, html)
}
