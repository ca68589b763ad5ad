import { readFileSync } from 'node:fs'
import { arch, cpus, platform } from 'node:os'
import { join } from 'node:path'
import type { Dataset } from '@pixelwise/datasets'
import type { Recipe } from '@pixelwise/fcn'
import type { ConfusionMatrix } from '@pixelwise/metrics'
import type { TrainResult } from '@pixelwise/training'
import type { RunFolder } from '@pixelwise/training/node'
import { htmlReport, ignoreColourOf, legendEntries, type Section, trainingReport } from '@pixelwise/visuals'
import { version_core as tfjsVersion } from '@tensorflow/tfjs-core'
import type { LayersModel } from '@tensorflow/tfjs-layers'
import { writeTextAside } from '../output/write-aside.js'
import { version } from '../version.js'

/** Pictures of one held-out image, as PNG files. */
export interface ReportExample {
  readonly name: string
  readonly image: Uint8Array
  readonly truth: Uint8Array
  readonly prediction: Uint8Array
}

export interface ReportParts {
  readonly run: RunFolder
  readonly recipe: Recipe
  readonly model: LayersModel
  readonly result: TrainResult
  /** The step whose weights are reported. */
  readonly step: number
  readonly opened: { readonly label: string }
  readonly trainData: Dataset
  readonly validation: Dataset | undefined
  readonly matrix: ConfusionMatrix | undefined
  readonly examples: readonly ReportExample[]
}

/** Writes `report.html`, one self-contained page about a run, and returns its path. */
export async function writeReport(parts: ReportParts): Promise<string> {
  const { run, trainData, matrix, examples } = parts
  const losses = columnsOf(join(run.path, 'steps.csv'))
  const evaluations = linesOf(join(run.path, 'evaluations.jsonl')).map((line) => JSON.parse(line))
  const facts = factsOf(parts, losses)
  const { names, palette } = trainData.classes
  const title = parts.model.name
  const summary = `Trained for ${parts.result.step} steps on ${trainData.length} images of ${trainData.name}, ${trainData.split}.`
  const html =
    matrix === undefined
      ? htmlReport({ title, summary, sections: unscored(losses, facts) })
      : trainingReport({
          title,
          summary,
          classes: legendEntries(names, palette),
          ignoreColour: ignoreColourOf(palette),
          scores: matrix.scores(),
          classIU: matrix.classIU(),
          confusion: matrix.counts,
          loss: { steps: losses.step, values: losses.loss },
          validation: {
            steps: evaluations.map(({ step }) => step),
            meanIU: evaluations.map(({ meanIU }) => meanIU),
          },
          examples,
          facts,
        })
  const path = join(run.path, 'report.html')
  await writeTextAside(path, html)
  return path
}

type Losses = ReturnType<typeof columnsOf>

/** What a run without held-out images has to show. */
function unscored({ step, loss }: Losses, facts: readonly (readonly [string, string])[]): Section[] {
  return [
    {
      kind: 'charts',
      title: 'Learning',
      charts: [
        {
          kind: 'lines',
          wide: true,
          options: {
            title: 'Loss',
            series: [{ name: 'training loss', x: step, y: loss, smoothing: 0.9 }],
            xLabel: 'step',
          },
        },
      ],
    },
    { kind: 'facts', title: 'This run', facts },
  ]
}

function factsOf(parts: ReportParts, { milliseconds, dataMilliseconds, examples }: Losses): [string, string][] {
  const { recipe, model, result, step, opened, trainData, validation } = parts
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0)
  const seconds = (sum(milliseconds) + sum(dataMilliseconds)) / 1000
  return [
    ['recipe', recipe.name],
    ['weights', model.countParams().toLocaleString('en')],
    ['trained on', `${trainData.name}, ${trainData.split}: ${trainData.length} images`],
    ...(validation === undefined
      ? []
      : [['scored on', `${validation.name}, ${validation.split}: ${validation.length} images`] as [string, string]]),
    [
      'steps',
      `${result.step}${result.stopped === 'early' ? ', stopped early' : ''}; reported: the net after step ${step}`,
    ],
    ['time in steps', `${Math.round(seconds)} s, ${(sum(examples) / seconds).toPrecision(3)} images/s`],
    ['engine', opened.label],
    ['machine', `${cpus().length} × ${cpus()[0]?.model.trim() ?? 'processor'}, ${platform()} ${arch()}`],
    ['versions', `pixelwise ${version()}, Node ${process.versions.node}, TensorFlow.js ${tfjsVersion}`],
  ]
}

/** The columns of a run's table of steps. */
function columnsOf(file: string) {
  const [heading, ...rows] = linesOf(file).map((line) => line.split(','))
  const column = (name: string) => rows.map((row) => Number(row[heading.indexOf(name)]))
  return {
    step: column('step'),
    loss: column('loss'),
    examples: column('examples'),
    milliseconds: column('milliseconds'),
    dataMilliseconds: column('dataMilliseconds'),
  }
}

function linesOf(file: string): string[] {
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
}
