/**
 * DeconvNet in its two stages on synthetic scenes of several objects (Noh et al. 2015, §4.2): does training on proposal
 * windows, after windows of single objects, label scenes better?
 *
 *   node experiments/deconvnet/run.mjs [--seeds 1,2] [--steps 250,250] [--control] [--out experiments/deconvnet/results]
 *
 * Build first (npm run setup). Some four minutes a seed on one core. With --control a third net learns from single objects for as
 * long as both stages take.
 */
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { compiledEngine } from '@pixelwise/compiler/node'
import { Rng, useBackend } from '@pixelwise/core'
import { classList, encodePng, synthesizeScene } from '@pixelwise/datasets'
import {
  aggregateWindows,
  cutWindow,
  deconvNet,
  labelsOfScores,
  objectWindows,
  parseWindowList,
  pixelBatch,
  pixelLoss,
} from '@pixelwise/fcn'
import { ConfusionMatrix } from '@pixelwise/metrics'
import { sgd, train } from '@pixelwise/training'
import { colourize, mosaic, overlay } from '@pixelwise/visuals'

const { values: options } = parseArgs({
  options: {
    seeds: { type: 'string', default: '1,2' },
    steps: { type: 'string', default: '250,250' },
    control: { type: 'boolean', default: false },
    out: { type: 'string', default: fileURLToPath(new URL('results', import.meta.url)) },
  },
})
const seeds = options.seeds.split(',').map(Number)
const [firstSteps, secondSteps] = options.steps.split(',').map(Number)

const objects = ['ball', 'crate', 'star']
const size = 32
const scene = { height: 64, width: 64 }
const preprocessing = { inputKind: 'rgb', channelOrder: 'rgb', mean: [112, 112, 112], scale: [1 / 64, 1 / 64, 1 / 64] }
const stages = [
  { channels: 16, convolutions: 1 },
  { channels: 32, convolutions: 1 },
  { channels: 64, convolutions: 1 },
]
const classes = ['background', ...objects]

await useBackend('wasm')
const engine = await compiledEngine()
await mkdir(options.out, { recursive: true })
const rows = []
for (const seed of seeds) rows.push(await trial(seed))
await report(rows)

/** Trains both stages, and the first for as long as both take, and scores the three on unseen scenes. */
async function trial(seed) {
  const rng = new Rng(seed)
  const training = scenes(rng.split('training'), 300)
  const unseen = scenes(rng.split('unseen'), 40)
  const proposals = await listProposals(seed, unseen)
  const single = training.flatMap(({ labels, instances, image }) =>
    objectWindows(labels, instances, { smallest: 6 })
      .filter(({ box }) => box.width < 2 * scene.width)
      .map((window) => cutWindow({ image, labels: window.labels }, window.box, { size, preprocessing })),
  )
  const several = training.flatMap((one) =>
    slidingBoxes()
      .filter((box) => objectShare(one.labels, box) > 0.1)
      .map((box) => cutWindow(one, box, { size, preprocessing })),
  )
  console.error(`seed ${seed}: ${single.length} windows of objects, ${several.length} of proposals`)

  const scores = {}
  const net = newNet(seed)
  await learn(net, single, firstSteps, rng.split('stage 1'))
  scores.first = await evaluate(net, unseen, proposals, seed === seeds[0] && 'stage-1')
  await learn(net, several, secondSteps, rng.split('stage 2'))
  scores.second = await evaluate(net, unseen, proposals, seed === seeds[0] && 'stage-2')
  net.dispose()
  if (options.control) {
    const control = newNet(seed)
    await learn(control, single, firstSteps + secondSteps, rng.split('stage 1'))
    scores.control = await evaluate(control, unseen, proposals)
    control.dispose()
  }
  console.error(`seed ${seed}: ${JSON.stringify(scores)}`)
  return { seed, ...scores }
}

function newNet(seed) {
  return deconvNet({ classes: classes.length, inputSize: size, stages, hidden: 128, seed })
}

function scenes(rng, count) {
  return Array.from({ length: count }, (_, i) =>
    synthesizeScene(rng.split(i), { ...scene, classes: objects, objects: [3, 5] }),
  )
}

async function learn(model, windows, steps, rng) {
  const data = {
    next: async (_, draw) =>
      pixelBatch(
        Array.from({ length: 16 }, () => draw.pick(windows)),
        { preprocessing, classes: classes.length },
      ),
  }
  const solver = sgd({
    learningRate: { policy: 'poly', base: 0.05, power: 0.9, maxSteps: steps },
    momentum: 0.9,
    weightDecay: 5e-4,
  })
  const { averageLoss } = await train({ engine, model, loss: pixelLoss(), data, solver, steps, rng })
  console.error(`  ${steps} steps, loss ${averageLoss.toFixed(3)}`)
}

/** Squares of four sizes, half a side apart: proposals that know nothing of the objects. */
function slidingBoxes() {
  return [20, 30, 44, 64].flatMap((side) => {
    const count = Math.round((scene.width - side) / (side / 2)) + 1
    const starts = Array.from({ length: count }, (_, i) => (count === 1 ? 0 : (i * (scene.width - side)) / (count - 1)))
    return starts.flatMap((y) => starts.map((x) => ({ x: Math.round(x), y: Math.round(y), width: side, height: side })))
  })
}

/** Proposals reach the nets as they would from another program: through a file. */
async function listProposals(seed, unseen) {
  const file = join(options.out, `proposals-${seed}.txt`)
  const lines = unseen.flatMap((_, i) =>
    slidingBoxes().map(({ x, y, width, height }) => `scene${i} ${x} ${y} ${x + width - 1} ${y + height - 1}`),
  )
  await writeAside(file, `${lines.join('\n')}\n`)
  const listed = parseWindowList(await readFile(file, 'utf8'), file)
  return unseen.map((_, i) => listed.filter(({ image }) => image === `scene${i}`).map(({ box }) => box))
}

function objectShare({ width, labels }, box) {
  let count = 0
  for (let y = box.y; y < box.y + box.height; y++) {
    for (let x = box.x; x < box.x + box.width; x++) if (![0, 255].includes(labels[y * width + x])) count++
  }
  return count / (box.width * box.height)
}

/** Mean IU of the scenes put together from their proposals. */
async function evaluate(model, unseen, proposals, picture) {
  const prepared = await engine.prepare(model)
  const confusion = new ConfusionMatrix({ classes, ignoreLabel: 255 })
  const tiles = []
  for (const [i, { image, labels }] of unseen.entries()) {
    const scores = await aggregateWindows(prepared, image, proposals[i], { size, preprocessing, batchSize: 16 })
    const prediction = labelsOfScores(scores)
    confusion.add(labels, prediction, `scene${i}`)
    if (picture && tiles.length < 18) {
      const { palette } = classList(classes)
      tiles.push(image, colourize(labels, palette), overlay(image, prediction, { palette }))
    }
  }
  prepared.dispose()
  if (picture) await writeAside(join(options.out, `${picture}.png`), encodePng(mosaic(tiles, { columns: 6 })))
  return confusion.scores().meanIU
}

async function report(trials) {
  const percent = (value) => (100 * value).toFixed(1)
  const lines = trials.map(
    ({ seed, first, second, control }) =>
      `| ${seed} | ${percent(first)} | ${percent(second)} | ${control === undefined ? 'not run' : percent(control)} | ${percent(second - first)} |`,
  )
  const text = `# DeconvNet in two stages

Mean IU in % on 40 unseen scenes of three to five objects, put together from the same proposals.

| seed | stage 1 (${firstSteps} steps) | and stage 2 (${secondSteps} more) | stage 1 alone, ${firstSteps + secondSteps} steps | stage 2 − stage 1 |
|---|---|---|---|---|
${lines.join('\n')}
`
  await writeAside(join(options.out, 'results.md'), text)
  console.log(text)
}

async function writeAside(file, content) {
  await writeFile(`${file}.part`, content)
  await rename(`${file}.part`, file)
}
