import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { decodeNpy, encodePng } from '@pixelwise/datasets'
import { ConfusionMatrix } from '@pixelwise/metrics'
import { barChart, colourize, confusionChart, lineChart, mosaic, overlay } from '@pixelwise/visuals'
import { readJson, writeJson, writeWhole } from '../shared/files.mjs'
import { circumstances, percent, table } from '../shared/markdown.mjs'
import { buildNet, loadWeights } from './net.mjs'
import { evaluate } from './train.mjs'

/** Images of val that the overlays show: spread over its length. */
const shown = [8, 42, 90]

const scoreNames = ['pixelAccuracy', 'meanAccuracy', 'meanIU', 'frequencyWeightedIU']

/** How far both frameworks may be apart, in points of mean IU. */
const bound = 1.5

/** Reads what both frameworks left in each seed's folder; writes tables, charts and pictures. */
export async function writeReport({ runs, results, command }) {
  const [{ stages, data, config }] = runs
  const both = await Promise.all(
    stages.map(async (stage) => ({
      stride: stage.stride,
      ours: await Promise.all(runs.map((run) => resultsOf(run, 'ours', stage))),
      torch: await Promise.all(runs.map((run) => resultsOf(run, 'torch', stage))),
    })),
  )
  const firsts = await Promise.all(stages.map((stage) => firstLosses(runs[0], stage)))
  const exchange = await exchanged(runs[0], stages.at(-1))
  const finest = both.at(-1)
  const { names } = data.classes
  await writeWhole(join(results, 'loss.svg'), lossChart(both))
  await writeWhole(join(results, 'mean-iu.svg'), scoreChart(both))
  await writeWhole(join(results, 'class-iu.svg'), classChart(finest, data.classes))
  const title = `FCN-${finest.stride}s, seed ${runs[0].seed}`
  await writeWhole(
    join(results, 'confusion.svg'),
    confusionChart({ title, classes: names, counts: finest.ours[0].confusion.counts }),
  )
  await writeWhole(join(results, 'overlays.png'), encodePng(overlays(both, data)))
  await writeWhole(
    join(results, 'README.md'),
    markdown({ config, data, stages, seeds: runs.map(({ seed }) => seed), both, firsts, exchange, command }),
  )
  await writeJson(join(results, 'scores.json'), {
    seeds: runs.map(({ seed }) => seed),
    stages: both.map(({ stride, ours, torch }) => ({ stride, ours: ours.map(plain), torch: torch.map(plain) })),
    exchange,
  })
  process.stdout.write(`${differenceTable(both)}\n`)
}

async function resultsOf({ folder, data }, framework, { stride }) {
  const name = join(folder, `${framework}-${stride}s`)
  const { losses, seconds, trainingSeconds, evaluations } = await readJson(`${name}.json`)
  const { shape, data: labels } = decodeNpy(new Uint8Array(await readFile(`${name}-labels.npy`)))
  const [, height, width] = shape
  const confusion = new ConfusionMatrix({ classes: data.classes.names, ignoreLabel: data.classes.ignoreLabel })
  const maps = data.val.map(({ labels: truth, id }, i) => {
    const map = { height, width, labels: labels.subarray(i * height * width, (i + 1) * height * width) }
    confusion.add(truth, map, id)
    return map
  })
  const scores = confusion.scores()
  checkSame(`${name}.json`, evaluations.at(-1), scores)
  return { losses, seconds: trainingSeconds ?? sum(seconds), evaluations, scores, confusion, maps }
}

/** Each framework scored its own label maps while training; the figures reported come from one implementation. */
function checkSame(name, theirs, ours) {
  for (const key of scoreNames) {
    if (Math.abs(theirs[key] - ours[key]) > 1e-9)
      throw new Error(`${name} says ${key} ${theirs[key]}, its label maps ${ours[key]}`)
  }
}

async function firstLosses({ folder }, { stride }) {
  const [ours, torch] = await Promise.all(
    ['ours', 'torch'].map((framework) => readJson(join(folder, `${framework}-${stride}s-first.json`))),
  )
  return { stride, ours: ours.losses, torch: torch.losses }
}

/** PyTorch's final weights in our net: the share of val's pixels that get the label PyTorch gave them. */
async function exchanged(run, stage) {
  const net = await buildNet(run.config, { ...stage, classes: run.data.classes.names.length })
  await loadWeights(net.model, join(run.folder, `torch-${stage.stride}s.npz`))
  const { labels } = await evaluate({ ...run, net })
  const stored = decodeNpy(new Uint8Array(await readFile(join(run.folder, `torch-${stage.stride}s-labels.npy`))))
  const pixels = stored.data.length / labels.length
  const equal = sum(labels.map((map, i) => map.labels.filter((one, p) => one === stored.data[i * pixels + p]).length))
  return { stride: stage.stride, equalPixels: equal, pixels: stored.data.length }
}

const plain = ({ losses, seconds, evaluations, scores, confusion }) => ({
  steps: losses.length,
  seconds,
  scores,
  classIU: confusion.classIU(),
  evaluations,
})

const sum = (values) => values.reduce((total, value) => total + value, 0)
const mean = (values) => sum(values) / values.length

/** Losses per valid pixel would hide nothing and say less: the published loss is the sum. */
function lossChart(both) {
  const series = (name, framework) => ({
    name,
    y: both.flatMap((stage) =>
      stage[framework][0].losses.map((_, i) => mean(stage[framework].map((one) => one.losses[i]))),
    ),
    smoothing: 0.98,
  })
  return lineChart({
    title: `Training loss, summed over the pixels of one image; mean of ${seedCount(both)}`,
    series: [series('Pixelwise', 'ours'), series('PyTorch', 'torch')],
    xLabel: `step (${both.map(({ stride, ours }) => `${ours[0].losses.length} of FCN-${stride}s`).join(', then ')})`,
    log: true,
  })
}

const seedCount = ([{ ours }]) => `${ours.length} seed${ours.length === 1 ? '' : 's'}`

function scoreChart(both) {
  const series = (name, framework) => {
    let before = 0
    const x = []
    const y = []
    for (const stage of both) {
      const [{ losses, evaluations }] = stage[framework]
      for (const [i, { step }] of evaluations.entries()) {
        x.push(before + step)
        y.push(100 * mean(stage[framework].map((one) => one.evaluations[i].meanIU)))
      }
      before += losses.length
    }
    return { name, x, y }
  }
  return lineChart({
    title: `Mean IU on val; mean of ${seedCount(both)}`,
    series: [series('Pixelwise', 'ours'), series('PyTorch', 'torch')],
    xLabel: 'step',
    yLabel: '%',
  })
}

function classChart({ stride, ours }, { names, palette }) {
  const each = ours.map(({ confusion }) => confusion.classIU())
  const bars = names.map((label, i) => ({
    label,
    value: mean(each.map((iu) => iu[i])),
    colour: [...palette.subarray(3 * i, 3 * i + 3)],
  }))
  return barChart({
    title: `IU of FCN-${stride}s on val; mean of ${ours.length} seed${ours.length === 1 ? '' : 's'}`,
    bars,
  })
}

/** A row per image: the image, its truth, and each stage of the first seed over it. */
function overlays(both, { val, classes: { palette, ignoreLabel } }) {
  const painted = (image, labels) => overlay(image, labels, { palette, background: null, ignoreLabel, alpha: 0.6 })
  const rows = shown.flatMap((i) => {
    const { image, labels } = val[i]
    return [image, colourize(labels, palette), ...both.map(({ ours }) => painted(image, ours[0].maps[i]))]
  })
  return mosaic(rows, { columns: 2 + both.length, gap: 3 })
}

function scoreTable(both) {
  const row = (name, results) => [
    name,
    ...scoreNames.map((key) => percent(mean(results.map(({ scores }) => scores[key])))),
  ]
  const rows = both.flatMap(({ stride, ours, torch }) => [
    row(`FCN-${stride}s, Pixelwise`, ours),
    row(`FCN-${stride}s, PyTorch`, torch),
  ])
  return table(['', 'pixel acc.', 'mean acc.', 'mean IU', 'f.w. IU'], rows)
}

/** Mean IU of both from each seed, and by how much they differ. */
function differenceTable(both) {
  const points = (results) => results.map(({ scores }) => 100 * scores.meanIU)
  const rows = both.map(({ stride, ours, torch }) => {
    const [mine, theirs] = [points(ours), points(torch)]
    const differences = mine.map((one, i) => one - theirs[i])
    const average = mean(differences)
    return [
      `FCN-${stride}s`,
      mine.map((one) => one.toFixed(1)).join(' '),
      theirs.map((one) => one.toFixed(1)).join(' '),
      differences.map(signed).join(' '),
      `${signed(average)}${differences.length > 1 ? ` ± ${spread(differences).toFixed(1)}` : ''}`,
      Math.abs(average) <= bound ? 'yes' : '**no**',
    ]
  })
  return table(
    ['mean IU, each seed', 'Pixelwise', 'PyTorch', 'differences', 'mean ± standard deviation', `within ${bound}`],
    rows,
  )
}

/** Standard deviation of a sample. */
function spread(values) {
  const centre = mean(values)
  return Math.sqrt(sum(values.map((value) => (value - centre) ** 2)) / (values.length - 1))
}

const signed = (points) => `${points < 0 ? '−' : '+'}${Math.abs(points).toFixed(1)}`

function agreement(firsts, { stepSize }) {
  const rows = firsts.map(({ stride, ours, torch }) => {
    const differences = ours.map((loss, step) => Math.abs(loss - torch[step]) / torch[step])
    const upTo = (steps) => Math.max(...differences.slice(0, steps)).toExponential(0)
    return [`FCN-${stride}s`, ...[stepSize / 2, stepSize, 2 * stepSize, ours.length].map(upTo)]
  })
  const heads = [stepSize / 2, stepSize, 2 * stepSize, firsts[0].ours.length].map((steps) => `${steps} steps`)
  return table(['', ...heads], rows)
}

function markdown({ config, data, stages, seeds, both, firsts, exchange, command }) {
  return `# FCN on SqueezeNet, fine-tuned on CamVid

${seeds.length === 1 ? `Seed ${seeds[0]}` : `Mean of the seeds ${seeds.join(', ')}`}:

${scoreTable(both)}

Scores are of the ${data.val.length} images of val at the size of training, ${config.width}×${config.height}, void left out; a score at
CamVid's full size would be another figure. PyTorch's label maps and ours are scored by the same code.

${differenceTable(both)}

A seed decides the images' order, equal in both frameworks, and the masks of dropout, which are each framework's own.

![Training loss](loss.svg)
![Mean IU](mean-iu.svg)
![IU of each class](class-iu.svg)

Image, truth, ${stages.map(({ stride }) => `FCN-${stride}s`).join(', ')} (seed ${seeds[0]}):

![Overlays](overlays.png)

What FCN-${stages.at(-1).stride}s takes for what (seed ${seeds[0]}):

![Confusions](confusion.svg)

## Whether both do the same

The first ${config.comparison.steps} steps of each net from equal weights, equal images in equal order, without dropout, the rate falling after
every ${config.comparison.stepSize}: the largest relative difference of the losses up to a step. Differences of rounding grow from step to step, faster
at a higher rate.

${agreement(firsts, config.comparison)}

PyTorch's final FCN-${exchange.stride}s weights in our net give all but ${exchange.pixels - exchange.equalPixels} of val's ${exchange.pixels.toLocaleString('en')} pixels the label
that PyTorch gave them.

## Recipe

SqueezeNet 1.0 with its authors' weights (Deep Compression's file), BGR minus (${[104, 117, 123].join(', ')}), ${config.pad} zeros around the
image; scorers at zero; bilinear upsampling, fixed; one image a step, drawn with replacement; momentum ${config.momentum}, weight decay
${config.weightDecay} (none and doubled rate for biases); loss summed over pixels; dropout ${config.dropout} before the coarsest scorer; features
scaled before the skips' scorers by ${config.skipScales.join(' and ')}. No augmentation. The rate falls as Caffe's policy "step" says, whose momentum
keeps what it gathered at the higher rate.

${table(
  ['', 'steps', 'rate', `times ${config.gamma} after`],
  stages.map(({ stride, steps, learningRate, stepSize }) => [
    `FCN-${stride}s`,
    String(steps),
    learningRate.toExponential(),
    String(stepSize),
  ]),
)}

${circumstances(command, 'compiled, on ONNX Runtime with one thread; PyTorch with one thread')}
`
}
