import { Command, InvalidArgumentError, Option } from 'commander'
import { evaluateFolders } from '../evaluate/evaluate-folders.js'
import { evaluationText } from '../evaluate/evaluation-text.js'
import { note, print, printJson, progress } from '../output/streams.js'
import { writeTextAside } from '../output/write-aside.js'

/** `pixelwise evaluate`: the scores of label maps against the truth. */
export function evaluateCommand(): Command {
  return new Command('evaluate')
    .description('score label maps: the four scores, IU per class, the confusion matrix')
    .requiredOption('--truth <dir>', 'folder of true label maps (.png, indexed or grey; .npy)')
    .requiredOption('--predictions <dir>', 'folder of predicted label maps of the same names')
    .requiredOption('--classes <N>', 'number of classes, or a text file with one class name per line')
    .option('--ignore <label>', 'true label of pixels that do not count, or "none"', parseIgnore, 255)
    .addOption(
      new Option('--absent <rule>', 'how classes absent from the truth count in the mean')
        .choices(['predicted-counts', 'truth-only'])
        .default('predicted-counts'),
    )
    .option('--svg <file>', 'draw the confusion matrix into a file')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
Label maps pair up by file name without ending. A prediction without truth is an error; truth without prediction is
left out with a warning.

Examples:
  pixelwise evaluate --truth SegmentationClass --predictions out --classes 21
  pixelwise evaluate --truth truth --predictions out --classes classes.txt --svg confusion.svg --json`,
    )
    .action(run)
}

interface EvaluateOptions {
  readonly truth: string
  readonly predictions: string
  readonly classes: string
  readonly ignore: number | 'none'
  readonly absent: 'predicted-counts' | 'truth-only'
  readonly svg?: string
  readonly json?: true
}

async function run(options: EvaluateOptions): Promise<void> {
  const evaluation = await evaluateFolders(options, progress('scoring'))
  const { matrix, unpredicted } = evaluation
  if (unpredicted > 0)
    note(`warning: label maps in ${options.truth} without a prediction, which do not count: ${unpredicted}`)
  if (options.svg !== undefined) {
    const { confusionChart } = await import('@pixelwise/visuals')
    const chart = confusionChart({ title: 'Confusion', classes: matrix.classNames, counts: matrix.counts })
    await writeTextAside(options.svg, chart)
    note(`wrote ${options.svg}`)
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

/** Commander takes null for a failure, so that "none" stays a word. */
function parseIgnore(text: string): number | 'none' {
  if (text === 'none') return text
  if (/^\d+$/.test(text)) return Number(text)
  throw new InvalidArgumentError('It is a whole number, or "none".')
}
