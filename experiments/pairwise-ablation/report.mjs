import { barChart } from '@pixelwise/visuals'
import { writeJson, writeWhole } from '../shared/files.mjs'
import { circumstances, table } from '../shared/markdown.mjs'
import { variants } from './net.mjs'

/** Writes the figures of all runs, a table of their means and deviations over seeds, and a chart. */
export async function writeReport(folder, { settings, runs, scores }) {
  await writeJson(`${folder}/runs.json`, { settings, runs, scores })
  await writeWhole(`${folder}/runs.csv`, commaSeparated(runs))
  await writeWhole(`${folder}/ablation.svg`, chart(runs, settings.windows[0]))
  await writeWhole(`${folder}/README.md`, page({ settings, runs, scores }))
}

const measures = [
  ['meanIoU', 'mean IoU'],
  ['averageRecall', 'AR'],
  ['averageBestOverlap', 'ABO'],
  ['recall50', 'R@50'],
  ['recall70', 'R@70'],
]

function page({ settings, runs, scores }) {
  const sections = settings.windows.map((window) => {
    const gains = settings.seeds.map((seed) => gain(runs, { window, seed }))
    return [
      `## Windows of ${window}×${window} cells`,
      table(
        ['variant', ...measures.map(([, name]) => `${name}, %`), 'weights'],
        variants.map(({ name }) => row(runs, { window, name })),
      ),
      `Mean IoU of both over plain, seed by seed: ${gains.map((points) => `+${points.toFixed(1)}`).join(', ')} points.`,
    ].join('\n\n')
  })
  return `# Transposing regions and multiplying them: Figure 4.4 in small

![Mean IoU of the four variants](ablation.svg)

Four nets of one pathway at stride 2, equal but for the two parts, learn ${settings.steps} batches of eight 32×32 images of
overlapping shapes (Adam, 2e-3, lowered at 60 % and 85 %); ${settings.validation} other images are the test. Means ± standard deviations over
${settings.seeds.length} seeds. Mean IoU: of all active regions with their object; AR, ABO, R: best region of each object of at least
10 pixels, whatever its score.

${sections.join('\n\n')}

## Scores

With a scoring pathway (both parts, windows of 9, seed 0), non-maximum suppression at IoU 0.7 and ten regions per image:
AR ${percent(scores.byScore)} % by score, ${percent(scores.byConfidence)} % by the mean confidence of the mask, ${percent(scores.atRandom)} % at random.

## Circumstances

${circumstances('node experiments/pairwise-ablation/run.mjs', 'compiled (ONNX Runtime)')}
- ${Math.round(mean(runs.map(({ seconds }) => seconds)))} s of training per run, on a machine with other work
`
}

/** Points of mean IoU by which both parts together are ahead of neither. */
export function gain(runs, { window, seed }) {
  const of = (variant) => runs.find((run) => run.window === window && run.seed === seed && run.name === variant)
  return 100 * (of('both').meanIoU - of('plain').meanIoU)
}

function row(runs, { window, name }) {
  const chosen = runs.filter((run) => run.window === window && run.name === name)
  const values = measures.map(([measure]) => spread(chosen.map((run) => run[measure])))
  return [name, ...values, chosen[0].parameters.toLocaleString('en')]
}

function chart(runs, window) {
  const bars = variants.map(({ name }) => ({
    label: name,
    value: mean(runs.filter((run) => run.window === window && run.name === name).map(({ meanIoU }) => meanIoU)),
    emphasis: name === 'both',
  }))
  return barChart({ title: `Mean IoU of active regions, windows of ${window} cells, three seeds`, bars })
}

function commaSeparated(runs) {
  const columns = ['name', 'window', 'seed', 'parameters', 'loss', ...measures.map(([measure]) => measure), 'seconds']
  return `${[columns, ...runs.map((run) => columns.map((column) => run[column]))].map((cells) => cells.join(',')).join('\n')}\n`
}

function spread(values) {
  const middle = mean(values)
  const variance = values.reduce((sum, value) => sum + (value - middle) ** 2, 0) / Math.max(1, values.length - 1)
  return `${percent(middle)} ± ${percent(Math.sqrt(variance))}`
}

function percent(share) {
  return (100 * share).toFixed(1)
}

function mean(values) {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
