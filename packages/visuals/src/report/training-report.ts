import { percent } from '../markup/numbers.js'
import type { Rgb } from '../pixels/palette.js'
import { htmlReport } from './html-report.js'
import { mostConfused } from './most-confused.js'
import type { ChartsSection, FiguresSection, PicturesSection, Section } from './section.js'

/** What label maps scored against the truth have to say, as plain data. Scores are shares, 0..1. */
export interface EvaluationReport {
  readonly title: string
  readonly summary: string
  /** The classes in label order, with the colours of the label pictures. */
  readonly classes: readonly { readonly name: string; readonly colour: Rgb }[]
  /** The four scores of semantic segmentation, as `ConfusionMatrix.scores()` of @pixelwise/metrics gives them. */
  readonly scores: {
    readonly pixelAccuracy: number
    readonly meanAccuracy: number
    readonly meanIU: number
    readonly frequencyWeightedIU: number
  }
  /** IU per class, not a number for a class that never occurs. */
  readonly classIU: ArrayLike<number>
  /** Pixels by truth (row) and prediction (column), row-major, classes × classes of them. */
  readonly confusion: ArrayLike<number>
  /** The mean IU the run was meant to reach. */
  readonly target?: number
  /** What simpler methods reach on the same examples. */
  readonly baselines?: readonly { readonly name: string; readonly meanIU: number }[]
  /** The colour of pixels that do not count, where the pictures show some; it joins the legend. */
  readonly ignoreColour?: Rgb
  /** Pictures as PNG bytes. */
  readonly examples: readonly {
    readonly name: string
    readonly note?: string
    readonly image: Uint8Array
    readonly truth: Uint8Array
    readonly prediction: Uint8Array
  }[]
  /** The command, versions, the seed, times, in the order they shall be read. */
  readonly facts: readonly (readonly [name: string, value: string])[]
}

/** Everything a training run has to say for itself. */
export interface TrainingReport extends EvaluationReport {
  readonly loss: {
    /** The step of each value; 1, 2, 3… unless told. */
    readonly steps?: ArrayLike<number>
    readonly values: ArrayLike<number>
    /** 0..1, how much of the past stays in the smoothed line; unless told, it remembers a fiftieth of the run. */
    readonly smoothing?: number
    readonly log?: boolean
  }
  /** Scores measured while training. */
  readonly validation?: { readonly steps: ArrayLike<number>; readonly meanIU: ArrayLike<number> }
}

/** The {@link htmlReport} of an evaluation: scores, baselines, per-class IU, confusion, pictures, facts. */
export function evaluationReport(evaluation: EvaluationReport): string {
  const { title, summary } = evaluation
  return htmlReport({ title, summary, sections: [scores(evaluation), ...scoredSections(evaluation)] })
}

/** The {@link htmlReport} of a training run: scores, curves, baselines, per-class IU, confusion, pictures, facts. */
export function trainingReport(run: TrainingReport): string {
  return htmlReport({ title: run.title, summary: run.summary, sections: trainingSections(run) })
}

/** The sections of a {@link trainingReport}, to be extended with one's own. */
export function trainingSections(run: TrainingReport): Section[] {
  return [scores(run), curves(run), ...scoredSections(run)]
}

function scoredSections(run: EvaluationReport): Section[] {
  return [
    ...(run.baselines === undefined || run.baselines.length === 0 ? [] : [comparison(run, run.baselines)]),
    perClass(run),
    ...mostConfused(
      run.classes.map(({ name }) => name),
      run.confusion,
    ),
    ...(run.examples.length === 0 ? [] : [pictures(run)]),
    { kind: 'facts', title: 'This run', facts: run.facts },
  ]
}

function scores({ scores: reached, target }: EvaluationReport): FiguresSection {
  const note =
    target === undefined
      ? undefined
      : `${reached.meanIU >= target ? 'reaches' : 'misses'} the mark of ${percent(target)}`
  return {
    kind: 'figures',
    figures: [
      { label: 'mean IU', value: percent(reached.meanIU), note, emphasis: true },
      { label: 'pixel accuracy', value: percent(reached.pixelAccuracy) },
      { label: 'mean accuracy', value: percent(reached.meanAccuracy) },
      { label: 'frequency weighted IU', value: percent(reached.frequencyWeightedIU) },
    ],
  }
}

function curves({ loss, validation }: TrainingReport): ChartsSection {
  const { steps, values, smoothing = 1 - Math.min(1, 50 / values.length), log } = loss
  const lossChart: ChartsSection['charts'][number] = {
    kind: 'lines',
    wide: validation === undefined,
    options: {
      title: 'Loss',
      series: [{ name: 'training loss', x: steps, y: values, smoothing }],
      log,
      xLabel: 'step',
    },
  }
  if (validation === undefined) return { kind: 'charts', title: 'Learning', charts: [lossChart] }
  const series = [{ name: 'mean IU', x: validation.steps, y: validation.meanIU }]
  const scoreChart: ChartsSection['charts'][number] = {
    kind: 'lines',
    options: { title: 'Mean IU while training', series, xLabel: 'step', percent: true },
  }
  return { kind: 'charts', title: 'Learning', charts: [lossChart, scoreChart] }
}

function comparison(
  { scores: reached, target }: EvaluationReport,
  baselines: NonNullable<EvaluationReport['baselines']>,
): ChartsSection {
  const bars = [
    { label: 'this net', value: reached.meanIU, emphasis: true },
    ...baselines.map(({ name, meanIU }) => ({ label: name, value: meanIU })),
  ]
  const best = Math.max(...baselines.map(({ meanIU }) => meanIU))
  const lead = (reached.meanIU - best) * 100
  return {
    kind: 'charts',
    title: 'Against simpler methods',
    note: `${Math.abs(lead).toFixed(1)} points of mean IU ${lead >= 0 ? 'above' : 'below'} the best of them, on the same examples.`,
    charts: [
      {
        kind: 'bars',
        wide: true,
        options: {
          title: 'Mean IU',
          bars,
          reference: target === undefined ? undefined : { label: 'mark', value: target },
        },
      },
    ],
  }
}

/** From so many classes on, the cells of a matrix of half the page have no room for their shares. */
const manyClasses = 15

/** Bars beside the matrix; of many classes both halves of the bars beside each other, and the matrix below. */
function perClass({ classes, scores: reached, classIU, confusion }: EvaluationReport): ChartsSection {
  const bars = classes.map(({ name, colour }, i) => ({ label: name, colour, value: classIU[i] }))
  const wide = classes.length >= manyClasses
  const half = Math.ceil(bars.length / 2)
  const reference = { label: 'mean', value: reached.meanIU }
  return {
    kind: 'charts',
    title: 'Class by class',
    charts: [
      ...(wide ? [bars.slice(0, half), bars.slice(half)] : [bars]).map((part, i) => ({
        kind: 'bars' as const,
        options: { title: i === 0 ? 'IU per class' : 'IU per class, continued', bars: part, reference },
      })),
      {
        kind: 'confusion',
        wide,
        options: { title: 'Confusion', classes: classes.map(({ name }) => name), counts: confusion },
      },
    ],
  }
}

function pictures({ classes, ignoreColour, examples }: EvaluationReport): PicturesSection {
  return {
    kind: 'pictures',
    title: 'Image, truth, prediction',
    note: 'The last picture lays two of them over each other: move across it, by mouse, finger or keys.',
    legend: ignoreColour === undefined ? classes : [...classes, { name: 'does not count', colour: ignoreColour }],
    examples: examples.map(({ name, note, image, truth, prediction }) => ({
      name,
      note,
      panels: [
        { caption: 'Image', png: image },
        { caption: 'Truth', png: truth },
        { caption: 'Prediction', png: prediction },
      ],
      compare: [1, 2],
    })),
  }
}
