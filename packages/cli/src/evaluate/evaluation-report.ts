import { readFile } from 'node:fs/promises'
import { extname } from 'node:path'
import { decodePng, encodePng, vocPalette } from '@pixelwise/datasets'
import { readImage } from '@pixelwise/datasets/node'
import type { LabelData, LabelMap } from '@pixelwise/masks'
import type { AbsentClassRule } from '@pixelwise/metrics'
import { colourize, type EvaluationReport, evaluationReport, ignoreColourOf, legendEntries } from '@pixelwise/visuals'
import { counted } from '../output/numbers.js'
import { writeTextAside } from '../output/write-aside.js'
import { findInputs } from '../predict/find-inputs.js'
import { version } from '../version.js'
import type { Evaluation, ScoredPair } from './evaluate-folders.js'

/** Images that a report shows at most. */
const mostPictures = 8

/** What a report shows beside numbers. */
export interface ReportPictures {
  readonly examples: readonly EvaluationReport['examples'][number][]
  /** The colours of the classes: those of the label maps, or those of PASCAL VOC where they have none. */
  readonly palette: Uint8Array
}

/** Collects the pictures of a report while label maps are scored. */
export function reportPictures(folder: string | undefined) {
  const examples: EvaluationReport['examples'][number][] = []
  let files: Promise<Map<string, string>> | undefined
  let palette: Uint8Array | undefined
  return {
    get pictures(): ReportPictures {
      return { examples, palette: palette ?? vocPalette() }
    },
    async add({ name, truth, prediction, files: labels }: ScoredPair): Promise<void> {
      palette ??= (await paletteIn(labels.prediction)) ?? (await paletteIn(labels.truth)) ?? vocPalette()
      if (folder === undefined || examples.length === mostPictures) return
      files ??= imageFiles(folder)
      const file = (await files).get(name)
      if (file === undefined) return
      const image = encodePng(await readImage(file))
      examples.push({ name, image, truth: picture(truth, palette), prediction: picture(prediction, palette) })
    },
  }
}

/** The colours of an indexed PNG, filled up with those of PASCAL VOC. */
async function paletteIn(file: string): Promise<Uint8Array | undefined> {
  if (extname(file).toLowerCase() !== '.png') return undefined
  const { palette } = decodePng(await readFile(file), { name: file })
  if (palette === undefined) return undefined
  const colours = vocPalette()
  colours.set(palette)
  return colours
}

async function imageFiles(folder: string): Promise<Map<string, string>> {
  return new Map((await findInputs([folder])).map(({ name, file }) => [name, file]))
}

function picture(labels: LabelMap<LabelData>, palette: Uint8Array): Uint8Array {
  return encodePng(colourize(labels, palette))
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
    readonly pictures: ReportPictures
  },
): Promise<void> {
  const { truth, predictions, list, merge, absent, pictures } = options
  const sources: [string, string | undefined][] = [
    ['truth', truth],
    ['predictions', predictions],
    ['list', list],
    ['parts', merge?.join(', ')],
  ]
  const html = evaluationReport({
    title: 'Label maps against the truth',
    summary: `${counted(images, 'image')}, ${counted(matrix.total, 'labelled pixel')}, ${counted(matrix.classes, 'class', 'classes')}.`,
    classes: legendEntries(matrix.classNames, pictures.palette),
    ignoreColour: ignoreColourOf(pictures.palette),
    scores: matrix.scores(absent),
    classIU: matrix.classIU(absent),
    confusion: matrix.counts,
    examples: pictures.examples,
    facts: [
      ...sources.flatMap(([name, value]): [string, string][] => (value === undefined ? [] : [[name, value]])),
      ['ignored pixels', matrix.ignored.toLocaleString('en')],
      ['classes absent from the truth', absent === 'truth-only' ? 'do not count' : 'count where predicted'],
      ['made by', `pixelwise evaluate ${version()}`],
    ],
  })
  await writeTextAside(path, html)
}
