import { Command } from 'commander'
import { counted, percent } from '../output/numbers.js'
import { progress } from '../output/progress.js'
import { print, printJson } from '../output/streams.js'
import { table } from '../output/table.js'
import type { RegionEvaluation } from '../regions/evaluate-results.js'

/** `pixelwise evaluate-regions`: how well proposals cover the true objects. */
export function evaluateRegionsCommand(): Command {
  return new Command('evaluate-regions')
    .description('score proposals: R@50, R@70, ABO, AR, AR@10/100/1000, by size')
    .requiredOption('--truth <file>', 'COCO annotations with masks or polygons')
    .requiredOption('--results <file>', 'COCO results with masks, as "pixelwise regions" writes them')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
R@50, R@70, ABO and AR look at all proposals, AR@N at the N best of each image. AR is the exact mean of recall over
IoU 0.5 to 1, and one proposal may serve several objects; COCO AR@N is what the COCO API prints: ten thresholds, and
one object for each proposal. Classes do not matter; crowds do not count.

Example:
  pixelwise evaluate-regions --truth instances_val2017.json --results results.json`,
    )
    .action(run)
}

async function run({ json, ...files }: { truth: string; results: string; json?: true }): Promise<void> {
  const { evaluateResults } = await import('../regions/evaluate-results.js')
  const evaluation = await evaluateResults(files, progress('scoring'))
  if (json) printJson(evaluation)
  else print(evaluationText(evaluation))
}

function evaluationText({ images, proposals, scores }: RegionEvaluation): string {
  const rows: [string, (row: RegionEvaluation['scores'][number]) => string][] = [
    ['objects', ({ objects }) => String(objects)],
    ['R@50', ({ recall50 }) => percent(recall50)],
    ['R@70', ({ recall70 }) => percent(recall70)],
    ['ABO', ({ averageBestOverlap }) => percent(averageBestOverlap)],
    ['AR', ({ averageRecall }) => percent(averageRecall)],
    ['AR@10', ({ averageRecallOf }) => percent(averageRecallOf[10])],
    ['AR@100', ({ averageRecallOf }) => percent(averageRecallOf[100])],
    ['AR@1000', ({ averageRecallOf }) => percent(averageRecallOf[1000])],
    ['COCO AR@10', ({ cocoAverageRecallOf }) => percent(cocoAverageRecallOf[10])],
    ['COCO AR@100', ({ cocoAverageRecallOf }) => percent(cocoAverageRecallOf[100])],
    ['COCO AR@1000', ({ cocoAverageRecallOf }) => percent(cocoAverageRecallOf[1000])],
  ]
  const sizes = scores.map(({ size }) => ({ heading: size, align: 'right' as const }))
  return [
    table(
      [{ heading: '' }, ...sizes],
      rows.map(([name, cell]) => [name, ...scores.map(cell)]),
    ),
    `${counted(proposals, 'proposal')} for ${counted(images, 'image')}`,
  ].join('\n\n')
}
