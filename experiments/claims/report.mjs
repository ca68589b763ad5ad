import { join } from 'node:path'
import { barChart, lineChart } from '@pixelwise/visuals'
import { writeJson, writeWhole } from '../shared/files.mjs'
import { circumstances, percent, table } from '../shared/markdown.mjs'
import { atEqualTime, claims } from './claims.mjs'
import { explored, exploredSeed, settings, stepsBeforeFall } from './variants.mjs'

/** Writes the tables and charts of all runs; every verdict is computed from the numbers beside it. */
export async function writeReport({ results, seeds, times, trials, data, folder, command }) {
  const byName = Object.fromEntries(results.map((result) => [result.name, result]))
  const judged = claims.map((claim) => judge(claim, byName, seeds, times, data))
  await writeWhole(join(folder, 'sampling-by-iteration.svg'), samplingChart(byName))
  await writeWhole(join(folder, 'sampling-by-time.svg'), samplingChart(byName, times))
  await writeWhole(
    join(folder, 'mean-iu.svg'),
    scoreChart(
      results.filter((one) => one.data === 'camvid'),
      seeds,
    ),
  )
  const text = markdown({ results, seeds, judged, times, trials, data, byName, command })
  await writeWhole(join(folder, 'README.md'), text)
  await writeJson(join(folder, 'scores.json'), { settings, trials, seeds, times, runs: results.map(plainRuns) })
  process.stdout.write(`${text}\n`)
}

const plainRuns = ({ name, runs }) => ({ name, evaluations: runs.map((run) => run.evaluations) })

const final = (run) => run.evaluations.at(-1)
const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length

/** Differences of two runs of each seed, in points of mean IU, and in how many seeds the claim's order holds. */
function judge(
  { better, worse, target = 'labels', at, says, kind = 'order', tolerance = 0 },
  byName,
  seeds,
  times,
  data,
) {
  const score = (name, seed) => {
    const run = byName[name].runs[seed]
    if (at !== 'equal time') return final(run)[target].meanIU
    return atEqualTime(run, byName[name], stepsBeforeFall(byName.plain.steps), times).meanIU
  }
  const differences = seeds.map((_, seed) => 100 * (score(better, seed) - score(worse, seed)))
  const holds = differences.filter((difference) => difference >= -tolerance).length
  const learnt = ({ name, runs }) =>
    runs.every((run) => final(run)[target].meanIU > 0.05 + withoutANet(data[byName[name].data], target))
  return { says, kind: learnt(byName[better]) && learnt(byName[worse]) ? kind : 'open', differences, holds }
}

/** Mean IU on val of calling every pixel the most frequent class. */
function withoutANet({ val, targets }, target) {
  const counts = new Float64Array(targets[target].names.length)
  for (const example of val) for (const label of example[target].labels) if (label < counts.length) counts[label]++
  const present = counts.filter((count) => count > 0).length
  return Math.max(...counts) / counts.reduce((sum, count) => sum + count, 0) / present
}

function verdict({ kind, holds, differences }) {
  if (kind === 'open') return 'open: a net of the two has hardly learnt more than the most frequent class'
  if (kind === 'effect') return `${signed(mean(differences))} points`
  const count = `${holds} of ${differences.length} seeds`
  return holds === differences.length ? `holds in ${count}` : `**does not hold**: ${count}`
}

const signed = (points) => `${points < 0 ? '−' : '+'}${Math.abs(points).toFixed(1)}`

/** Figure 3.5: the loss at full rate over iterations, or over the seconds they take; the mean of all seeds. */
function samplingChart(byName, times) {
  const names = { plain: 'whole images', 'half-sampled': 'half of two', 'quarter-sampled': 'a quarter of four' }
  const fullSteps = stepsBeforeFall(byName.plain.steps)
  const series = Object.entries(names).map(([name, title]) => {
    const { runs } = byName[name]
    const y = runs[0].losses.slice(0, fullSteps).map((_, step) => mean(runs.map(({ losses }) => losses[step])))
    const x = y.map((_, step) => (times === undefined ? step + 1 : ((step + 1) * times[name]) / 1000))
    return { name: title, x, y, smoothing: 0.95 }
  })
  return lineChart({
    title: `Loss of whole images and of sampled patches, by ${times === undefined ? 'iteration' : 'time'}`,
    series,
    xLabel: times === undefined ? 'iteration' : 'seconds of training on one thread',
    log: true,
  })
}

function scoreChart(results, seeds) {
  const bars = results.map(({ name, title, runs }) => ({
    label: title,
    value: mean(runs.map((run) => final(run).labels.meanIU)),
    emphasis: name === 'plain',
  }))
  return barChart({ title: `Mean IU on val, mean of ${seeds.length} seeds`, bars })
}

function trialTable(trials) {
  const rows = Object.entries(trials).flatMap(([name, list]) => {
    const least = Math.min(...list.map(({ loss }) => loss))
    return list.map(({ rate, loss, labels }) => [
      name,
      rate.toExponential(),
      `${Math.round(loss)}${loss === least ? ' (least)' : ''}`,
      percent(labels.meanIU),
    ])
  })
  return table(['', 'rate', 'training loss', 'mean IU'], rows)
}

function runTable(results, target) {
  const rows = results
    .filter(({ targets }) => targets.includes(target))
    .map(({ title, steps, runs }) => {
      const scores = runs.map((run) => final(run)[target])
      const average = (key) => percent(mean(scores.map((score) => score[key])))
      const each = scores.map(({ meanIU }) => (100 * meanIU).toFixed(1)).join(' ')
      return [
        title,
        steps,
        average('pixelAccuracy'),
        average('meanAccuracy'),
        average('meanIU'),
        each,
        average('frequencyWeightedIU'),
      ]
    })
  return table(
    ['', 'steps', 'pixel acc.', 'mean acc.', 'mean IU', 'each seed', 'f.w. IU'],
    rows.map((row) => row.map(String)),
  )
}

function claimTable(judged) {
  const rows = judged.map((claim) => [claim.says, claim.differences.map(signed).join(' '), verdict(claim)])
  return table(['', 'points of mean IU, each seed', ''], rows)
}

function markdown({ results, seeds, judged, times, trials, data, byName, command }) {
  const camvid = results.filter((one) => one.data === 'camvid')
  const scenes = results.filter((one) => one.data === 'scenes')
  const { height, width, pad, upgradeSteps, rate, upgradeRate, sceneRate, momentum, weightDecay, dropout, gamma } =
    settings
  const fullSteps = stepsBeforeFall(byName.plain.steps)
  const milliseconds = (name) => `${Math.round(times[name])} ms`
  return `# The claims about fully convolutional networks

${claimTable(judged)}

An order "holds" where it does in every seed; "as good" allows one point less. What does not hold is reported as it came out.

## CamVid at ${width}×${height}

${runTable(camvid, 'labels')}

SqueezeNet's ImageNet weights; ${data.camvid.train.length} training images, scores of the ${data.camvid.val.length} of val at the size of training; seeds ${seeds.join(', ')}. One image a step
(${byName['half-sampled'].title}: two; ${byName['quarter-sampled'].title}: four), momentum ${momentum}, loss summed over pixels, rate ${rate.toExponential()},
times ${gamma} after two thirds of the steps (the sampled runs keep theirs), weight decay ${weightDecay}, dropout ${dropout}, ${pad} zeros around the
image. Nets that go on from another (${results
    .filter((one) => one.from)
    .map((one) => one.title)
    .join('; ')})
learn ${upgradeSteps} more steps at ${upgradeRate.toExponential()}, falling likewise. These are short runs of small images: the orders are the point, not the scores.

![Mean IU](mean-iu.svg)

## Whole images and patches (Long 2016, Figure 3.5)

![By iteration](sampling-by-iteration.svg)
![By time](sampling-by-time.svg)

The rate stays as it is in these: whole images are compared after their ${fullSteps} steps at full rate. A step takes ${milliseconds('plain')} with one whole image, ${milliseconds('half-sampled')} with two of which half the patches count, ${milliseconds('quarter-sampled')} with four and a quarter.
A patch is a cell of the final layer, 16×16 pixels, kept or left out by chance. Times are medians of steps that took turns.

## Two heads on scenes of two labellings

What each thing is (5 kinds and the ground):

${runTable(scenes, 'labels')}

Which shape it has (round, cornered, ground):

${runTable(scenes, 'geometric')}

A step takes ${milliseconds('semantic')} and ${milliseconds('geometric')} with one head, ${milliseconds('both')} with both.

Rate ${sceneRate.toExponential()}, falling likewise.

## How the rates were chosen

Runs of seed ${exploredSeed}, which is not among those above (${explored.plain.steps} steps of the plain run, ${explored.both.steps} of both heads); the rate of the least training loss (mean of the last third) was taken.

${trialTable(trials)}

${circumstances(command, 'compiled, on ONNX Runtime with one thread')}
`
}
