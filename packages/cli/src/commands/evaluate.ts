import { Command, type CommanderError, InvalidArgumentError, Option } from 'commander'
import { evaluateFolders } from '../evaluate/evaluate-folders.js'
import { evaluationText } from '../evaluate/evaluation-text.js'
import { mergeEvaluations } from '../evaluate/merge-evaluations.js'
import { progress } from '../output/progress.js'
import { note, print, printJson } from '../output/streams.js'
import { wrongUse } from '../output/usage-error.js'
import { writeTextAside } from '../output/write-aside.js'

/** `pixelwise evaluate`: the scores of label maps against the truth. */
export function evaluateCommand(): Command {
  return new Command('evaluate')
    .description('score label maps: the four scores, IU per class, the confusion matrix')
    .option('--truth <dir>', 'folder of true label maps (.png, indexed or grey; .npy)')
    .option('--predictions <dir>', 'folder of predicted label maps of the same names')
    .option('--classes <N>', 'number of classes, or a text file with one class name per line')
    .option('--ignore <label>', 'true label of pixels that do not count, or "none"; default: 255', parseIgnore)
    .addOption(
      new Option('--absent <rule>', 'how classes absent from the truth count in the mean')
        .choices(['predicted-counts', 'truth-only'])
        .default('predicted-counts'),
    )
    .option('--merge <files...>', 'join what --json printed for parts of a data set, in place of scoring folders')
    .option('--list <file>', 'score those alone that it names, one per line: the held-out split')
    .option('--svg <file>', 'draw the confusion matrix into a file')
    .option('--report <file>', 'write one HTML page: scores, classes, confusion, pictures with a slider')
    .option('--images <dir>', 'folder of the images, for the pictures of the report')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
Label maps pair up by path below their folder, without ending. A prediction without truth is an error; truth without
prediction is left out with a warning.

Examples:
  pixelwise evaluate --truth SegmentationClass --predictions out --classes 21
  pixelwise evaluate --truth truth --predictions out --classes classes.txt --svg confusion.svg --json
  pixelwise evaluate --truth labels --predictions out/labels --classes classes.txt --list val.txt --report report.html --images images
  pixelwise evaluate --merge part1.json part2.json part3.json`,
    )
    .action(run)
}

interface EvaluateOptions {
  readonly truth?: string
  readonly predictions?: string
  readonly classes?: string
  readonly merge?: readonly string[]
  readonly ignore?: number | 'none'
  readonly absent: 'predicted-counts' | 'truth-only'
  readonly list?: string
  readonly svg?: string
  readonly report?: string
  readonly images?: string
  readonly json?: true
}

async function run(options: EvaluateOptions): Promise<void> {
  if (options.merge !== undefined) refuseFolders(options)
  const { report, images } = options
  if (images !== undefined && report === undefined) {
    throw wrongUse("option '--images <dir>' needs --report, which shows pictures of them")
  }
  const { reportPictures, writeEvaluationReport } = await import('../evaluate/evaluation-report.js')
  const collected = reportPictures(images)
  const evaluation = await (options.merge === undefined
    ? evaluateFolders(
        { ...folders(options), ...(report !== undefined && { onPair: collected.add }) },
        progress('scoring'),
      )
    : mergeEvaluations(options.merge))
  const { matrix, unpredicted } = evaluation
  if (unpredicted > 0)
    note(`warning: label maps in ${options.truth} without a prediction, which do not count: ${unpredicted}`)
  if (options.svg !== undefined) {
    const { confusionChart } = await import('@pixelwise/visuals')
    const chart = confusionChart({ title: 'Confusion', classes: matrix.classNames, counts: matrix.counts })
    await writeTextAside(options.svg, chart)
    note(`wrote ${options.svg}`)
  }
  if (report !== undefined) {
    await writeEvaluationReport(report, evaluation, { ...options, pictures: collected.pictures })
    note(`wrote ${report}`)
  }
  if (!options.json) return print(evaluationText(evaluation, options.absent))
  printJson({
    images: evaluation.images,
    unpredicted,
    absent: options.absent,
    scores: matrix.scores(options.absent),
    classIU: [...matrix.classIU(options.absent)],
    classAccuracy: [...matrix.classAccuracy()],
    confusion: matrix,
  })
}

/** The folders to score; they are required unless parts are joined, which commander cannot be told. */
function folders({ truth, predictions, classes, ignore = 255, list }: EvaluateOptions) {
  if (truth === undefined) throw missing('--truth <dir>')
  if (predictions === undefined) throw missing('--predictions <dir>')
  if (classes === undefined) throw missing('--classes <N>')
  return { truth, predictions, classes, ignore, ...(list !== undefined && { list }) }
}

/** Parts were scored already, and hold no pictures. */
function refuseFolders({ truth, predictions, classes, ignore, list, images }: EvaluateOptions): void {
  const [given] = Object.entries({ truth, predictions, classes, ignore, list, images }).filter(
    ([, value]) => value !== undefined,
  )
  if (given !== undefined)
    throw wrongUse(`option '--${given[0]}' does not go with --merge, which joins parts scored already`)
}

function missing(option: string): CommanderError {
  return wrongUse(`required option '${option}' not specified`)
}

/** Commander takes null for a failure, so that "none" stays a word. */
function parseIgnore(text: string): number | 'none' {
  if (text === 'none') return text
  if (/^\d+$/.test(text)) return Number(text)
  throw new InvalidArgumentError('It is a whole number, or "none".')
}
