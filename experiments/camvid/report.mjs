import { existsSync } from 'node:fs'
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

/** Reads what both frameworks left in the run's folder; writes tables, charts and pictures. */
export async function writeReport(run) {
  const { results, stages, data } = run
  const ours = await Promise.all(stages.map((stage) => resultsOf(run, 'ours', stage)))
  const torch = await Promise.all(stages.map((stage) => resultsOf(run, 'torch', stage)))
  const exchange = await exchanged(run, stages.at(-1))
  await writeWhole(join(results, 'loss.svg'), lossChart(ours, torch))
  await writeWhole(join(results, 'mean-iu.svg'), scoreChart(ours, torch))
  await writeWhole(join(results, 'class-iu.svg'), classChart(ours.at(-1), data.classes))
  const { names } = data.classes
  await writeWhole(
    join(results, 'confusion.svg'),
    confusionChart({ title: `FCN-${stages.at(-1).stride}s`, classes: names, counts: ours.at(-1).confusion.counts }),
  )
  await writeWhole(join(results, 'overlays.png'), encodePng(overlays(ours, data)))
  await writeWhole(join(results, 'README.md'), markdown({ ...run, ours, torch, exchange }))
  await writeJson(join(results, 'scores.json'), {
    ours: ours.map(plain),
    torch: torch.map(plain),
    exchange,
  })
  process.stdout.write(`${scoreTable(ours, torch)}\n`)
}

async function resultsOf({ folder, data }, framework, { stride }) {
  const name = join(folder, `${framework}-${stride}s`)
  const { losses, seconds, trainingSeconds, evaluations } = await readJson(`${name}.json`)
  const first = await readJson(`${name}-first.json`)
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
  const total = trainingSeconds ?? seconds.reduce((sum, one) => sum + one, 0)
  const crossed = existsSync(`${name}-crossed.json`) && (await readJson(`${name}-crossed.json`)).evaluations.at(-1)
  return { stride, losses, seconds: total, evaluations, scores, crossed, confusion, maps, first: first.losses }
}

/** Each framework scored its own label maps while training; the figures reported come from one implementation. */
function checkSame(name, theirs, ours) {
  for (const key of ['pixelAccuracy', 'meanAccuracy', 'meanIU', 'frequencyWeightedIU']) {
    if (Math.abs(theirs[key] - ours[key]) > 1e-9)
      throw new Error(`${name} says ${key} ${theirs[key]}, its label maps ${ours[key]}`)
  }
}

/** PyTorch's final weights in our net: the share of val's pixels that get the label PyTorch gave them. */
async function exchanged(run, stage) {
  const net = await buildNet(run.config, { ...stage, classes: run.data.classes.names.length })
  await loadWeights(net.model, join(run.folder, `torch-${stage.stride}s.npz`))
  const { labels } = await evaluate({ ...run, net })
  const stored = decodeNpy(new Uint8Array(await readFile(join(run.folder, `torch-${stage.stride}s-labels.npy`))))
  const pixels = stored.data.length / labels.length
  const equal = labels.reduce(
    (sum, map, i) => sum + map.labels.filter((one, p) => one === stored.data[i * pixels + p]).length,
    0,
  )
  return { stride: stage.stride, equalPixels: equal, pixels: stored.data.length }
}

const plain = ({ stride, losses, seconds, evaluations, scores, crossed, confusion }) => ({
  stride,
  steps: losses.length,
  seconds,
  scores,
  ...(crossed && { fromTheOthersCoarserNet: crossed }),
  classIU: confusion.classIU(),
  evaluations,
})

/** Losses per valid pixel would hide nothing and say less: the published loss is the sum. */
function lossChart(ours, torch) {
  const series = (name, stages) => ({ name, y: stages.flatMap(({ losses }) => losses), smoothing: 0.98 })
  return lineChart({
    title: 'Training loss, summed over the pixels of one image',
    series: [series('Pixelwise', ours), series('PyTorch', torch)],
    xLabel: `step (${ours.map(({ stride, losses }) => `${losses.length} of FCN-${stride}s`).join(', then ')})`,
    log: true,
  })
}

function scoreChart(ours, torch) {
  const series = (name, stages) => {
    let before = 0
    const x = []
    const y = []
    for (const { losses, evaluations } of stages) {
      for (const { step, meanIU } of evaluations) {
        x.push(before + step)
        y.push(100 * meanIU)
      }
      before += losses.length
    }
    return { name, x, y }
  }
  return lineChart({
    title: 'Mean IU on val',
    series: [series('Pixelwise', ours), series('PyTorch', torch)],
    xLabel: 'step',
    yLabel: '%',
  })
}

function classChart({ stride, confusion }, { names, palette }) {
  const iu = confusion.classIU()
  const bars = names.map((label, i) => ({ label, value: iu[i], colour: [...palette.subarray(3 * i, 3 * i + 3)] }))
  return barChart({ title: `IU of FCN-${stride}s on val`, bars })
}

/** A row per image: the image, its truth, and each stage over it. */
function overlays(stages, { val, classes: { palette, ignoreLabel } }) {
  const painted = (image, labels) => overlay(image, labels, { palette, background: null, ignoreLabel, alpha: 0.6 })
  const rows = shown.flatMap((i) => {
    const { image, labels } = val[i]
    return [image, colourize(labels, palette), ...stages.map(({ maps }) => painted(image, maps[i]))]
  })
  return mosaic(rows, { columns: 2 + stages.length, gap: 3 })
}

function scoreTable(ours, torch) {
  const row = (name, { scores }) => [
    name,
    percent(scores.pixelAccuracy),
    percent(scores.meanAccuracy),
    percent(scores.meanIU),
    percent(scores.frequencyWeightedIU),
  ]
  const heads = ['', 'pixel acc.', 'mean acc.', 'mean IU', 'f.w. IU']
  const rows = ours.flatMap((mine, i) => [
    row(`FCN-${mine.stride}s, Pixelwise`, mine),
    row(`FCN-${mine.stride}s, PyTorch`, torch[i]),
  ])
  return table(heads, rows)
}

/** Mean IU of both, and of PyTorch going on from our coarser net: what the start explains of a difference. */
function differenceTable(ours, torch) {
  const rows = ours.map(({ stride, scores }, i) => {
    const { scores: theirs, crossed } = torch[i]
    return [
      `FCN-${stride}s`,
      percent(scores.meanIU),
      percent(theirs.meanIU),
      signed(100 * (scores.meanIU - theirs.meanIU)),
      crossed ? percent(crossed.meanIU) : '–',
    ]
  })
  return table(['mean IU', 'Pixelwise', 'PyTorch', 'difference', 'PyTorch from our coarser net'], rows)
}

const signed = (points) => `${points < 0 ? '−' : '+'}${Math.abs(points).toFixed(1)}`

function agreement(ours, torch) {
  const rows = ours.map(({ stride, first }, i) => {
    const differences = first.map((loss, step) => Math.abs(loss - torch[i].first[step]) / torch[i].first[step])
    const upTo = (steps) => Math.max(...differences.slice(0, steps)).toExponential(0)
    const beyond = differences.findIndex((one) => one > 1e-3)
    return [
      `FCN-${stride}s`,
      upTo(10),
      upTo(20),
      upTo(30),
      beyond === -1 ? `not in ${first.length}` : String(beyond + 1),
    ]
  })
  return table(['', '10 steps', '20 steps', '30 steps', 'first step above 1e-3'], rows)
}

function markdown({ config, stages, data, ours, torch, exchange, command }) {
  return `# FCN on SqueezeNet, fine-tuned on CamVid

${scoreTable(ours, torch)}

Scores are of the ${data.val.length} images of val at the size of training, ${config.width}×${config.height}, void left out; a score at
CamVid's full size would be another figure. PyTorch's label maps and ours are scored by the same code.

${differenceTable(ours, torch)}

![Training loss](loss.svg)
![Mean IU](mean-iu.svg)
![IU of each class](class-iu.svg)

Image, truth, ${stages.map(({ stride }) => `FCN-${stride}s`).join(', ')}:

![Overlays](overlays.png)

## Whether both do the same

The first ${ours[0].first.length} steps of each net from equal weights, equal images in equal order, without dropout: the largest relative
difference of the losses up to a step. Differences of rounding grow from step to step, faster at a higher rate.

${agreement(ours, torch)}

PyTorch's final FCN-${exchange.stride}s weights in our net give all but ${exchange.pixels - exchange.equalPixels} of val's ${exchange.pixels.toLocaleString('en')} pixels the label
that PyTorch gave them.

## Recipe

SqueezeNet 1.0 with its authors' weights (Deep Compression's file), BGR minus (${[104, 117, 123].join(', ')}), ${config.pad} zeros around the
image; scorers at zero; bilinear upsampling, fixed; one image a step, drawn with replacement; momentum ${config.momentum}, weight decay
${config.weightDecay} (none and doubled rate for biases); loss summed over pixels; dropout ${config.dropout} before the coarsest scorer, its masks
each framework's own; features scaled before the skips' scorers by ${config.skipScales.join(' and ')}. No augmentation.

${table(
  ['', 'steps', 'rate'],
  stages.map(({ stride, steps, learningRate }) => [`FCN-${stride}s`, String(steps), learningRate.toExponential()]),
)}

${circumstances(command, 'compiled, on ONNX Runtime with one thread; PyTorch with one thread')}
`
}
