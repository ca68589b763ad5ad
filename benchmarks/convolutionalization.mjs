/**
 * What a fully convolutional classifier saves over the same classifier on crops: forward, and forward with backward.
 * `node benchmarks/convolutionalization.mjs --help`
 */
import { performance } from 'node:perf_hooks'
import { parseArgs } from 'node:util'
import { caffenetClassifier, lenetClassifier, vgg16Classifier } from '@pixelwise/backbones'
import { coreLayers, LayerRegistry, outputMaps, Rng, useBackend } from '@pixelwise/core'
import { convolutionalize } from '@pixelwise/fcn'
import * as tf from '@tensorflow/tfjs-core'
import { summarise } from './backends/statistics.mjs'
import { surroundings } from './backends/surroundings.mjs'

const help = `node benchmarks/convolutionalization.mjs [options]      (build first: npm run setup)

  --net NAME      lenet, caffenet or vgg16                               (default caffenet)
  --cells N       the map of scores has N×N cells                        (default 10)
  --width W       channels of the net, as a share of the published       (default 1)
  --batch B       crops in one batch                                     (default 20)
  --crops N       crops that are run of the N×N; their time is scaled up (default: all)
  --rounds N      measurements of each                                   (default 3)
  --backend NAME  wasm, cpu, webgpu or tensorflow                        (default wasm)
  --json          all times as JSON
`
const options = {
  net: { type: 'string', default: 'caffenet' },
  cells: { type: 'string', default: '10' },
  width: { type: 'string', default: '1' },
  batch: { type: 'string', default: '20' },
  crops: { type: 'string' },
  rounds: { type: 'string', default: '3' },
  backend: { type: 'string', default: 'wasm' },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
}
const builders = { lenet: lenetClassifier, caffenet: caffenetClassifier, vgg16: vgg16Classifier }

const values = readOptions()
if (values.help) process.stdout.write(help)
else await main()

function readOptions() {
  try {
    const { values: read } = parseArgs({ options })
    if (!Object.hasOwn(builders, read.net)) throw new Error(`--net ${read.net}: known are ${Object.keys(builders)}`)
    return read
  } catch (error) {
    process.stderr.write(`${error.message}\n\n${help}`)
    process.exit(2)
  }
}

async function main() {
  tf.env().set('PROD', true)
  await useBackend(values.backend)
  const [cells, batch, rounds] = [values.cells, values.batch, values.rounds].map(Number)
  const classifier = builders[values.net]({ width: Number(values.width), seed: 1, logits: true, dropout: 0 })
  const net = convolutionalize(classifier)
  const [map] = outputMaps(net, { layers: new LayerRegistry(coreLayers) })
  const { stride } = map.rows
  const [, size, , channels] = classifier.inputs[0].shape
  const side = size + (cells - 1) * stride
  const image = noise([1, side, side, channels])
  const all = Array.from({ length: cells ** 2 }, (_, i) => [stride * Math.floor(i / cells), stride * (i % cells)])
  const run = Math.min(all.length, Number(values.crops ?? all.length))
  const crops = all.filter((_, i) => Math.floor((i * run) / all.length) !== Math.floor(((i - 1) * run) / all.length))
  const cut = (places) =>
    tf.concat(places.map(([top, left]) => tf.slice(image, [0, top, left, 0], [1, size, size, -1])))
  const ways = {
    'whole image': [{ model: net, inputs: () => image }],
    [`crops, ${batch} at a time`]: groups(crops, batch).map((group) => ({
      model: classifier,
      inputs: () => cut(group),
    })),
    'crops, one at a time': crops.map((place) => ({ model: classifier, inputs: () => cut([place]) })),
  }
  const scale = { 'whole image': 1 }
  const times = { forward: {}, 'forward and backward': {} }
  const shape = tf.tidy(() => net.predict(image).shape)
  for (let round = -1; round < rounds; round++) {
    for (const [task, work] of [
      ['forward', forward],
      ['forward and backward', forwardAndBackward],
    ]) {
      for (const [way, parts] of Object.entries(ways)) {
        // A first round that does not count: kernels are loaded, memory grows.
        const milliseconds =
          (await timed(round < 0 ? parts.slice(0, 1) : parts, work)) * (scale[way] ?? all.length / crops.length)
        if (round < 0) continue
        times[task][way] ??= []
        times[task][way].push(milliseconds)
      }
    }
  }
  report(
    {
      side,
      shape,
      stride,
      crops: crops.length,
      all: all.length,
      difference: difference(net, classifier, image, all, cut),
    },
    times,
  )
}

async function timed(parts, work) {
  const started = performance.now()
  for (const { model, inputs } of parts) {
    const result = tf.tidy(() => work(model, inputs()))
    // Reading it back waits for backends that compute aside.
    await result.data()
    result.dispose()
  }
  return performance.now() - started
}

function forward(model, inputs) {
  return tf.sum(model.predict(inputs))
}

/** The gradient of all weights of a loss in which every cell, or crop, has its part. */
function forwardAndBackward(model, inputs) {
  const variables = model.trainableWeights.map((weight) => weight.read())
  const { value, grads } = tf.variableGrads(
    () => tf.mean(tf.square(model.apply(inputs, { training: true }))),
    variables,
  )
  return tf.addN([value, ...Object.values(grads).map((gradient) => tf.sum(gradient))])
}

/** How far cells differ from crops: nothing where no layer pads, else what padding does at the crops' borders. */
function difference(net, classifier, image, places, cut) {
  return tf.tidy(() => {
    const scores = net.predict(image)
    const [height, width] = scores.shape.slice(1, 3)
    const chosen = [places[0], places[Math.floor(places.length / 2)], places.at(-1)]
    const byCrop = classifier.predict(cut(chosen))
    const indices = chosen.map((place) => places.indexOf(place))
    const byCell = tf.gather(tf.reshape(scores, [height * width, -1]), indices)
    return tf.div(tf.max(tf.abs(tf.sub(byCell, byCrop))), tf.max(tf.abs(byCrop))).dataSync()[0]
  })
}

function report(facts, times) {
  const summary = Object.fromEntries(
    Object.entries(times).map(([task, ways]) => [
      task,
      Object.fromEntries(Object.entries(ways).map(([way, list]) => [way, summarise(list)])),
    ]),
  )
  if (values.json) {
    process.stdout.write(
      `${JSON.stringify({ options: values, ...facts, times: summary, surroundings: surroundings() })}\n`,
    )
    return
  }
  const { machine, commit, versions } = surroundings()
  const lines = [
    `${values.net}, width ${values.width}: ${facts.shape[1]}×${facts.shape[2]} cells, ${facts.stride} pixels apart, from ${facts.side}×${facts.side} pixels, on ${values.backend}`,
    `cells and crops differ by ${facts.difference.toExponential(1)} of the largest score (padding at the crops’ borders); ${facts.crops} of ${facts.all} crops were run`,
  ]
  for (const [task, ways] of Object.entries(summary)) {
    const whole = ways['whole image'].median
    for (const [way, { median, least, greatest }] of Object.entries(ways)) {
      const saving = way === 'whole image' ? '' : `, ${(median / whole).toFixed(1)} times as long`
      lines.push(`${task}: ${way} ${ms(median)} (${ms(least)} … ${ms(greatest)})${saving}`)
    }
  }
  lines.push(`${machine}; commit ${commit}; tfjs-core ${versions['tfjs-core']}; node ${process.version}`)
  process.stdout.write(`${lines.join('\n')}\n`)
}

function ms(milliseconds) {
  return `${milliseconds.toFixed(milliseconds < 100 ? 1 : 0)} ms`
}

function groups(list, size) {
  return Array.from({ length: Math.ceil(list.length / size) }, (_, i) => list.slice(i * size, (i + 1) * size))
}

function noise(shape) {
  const rng = new Rng('image')
  const size = shape.reduce((product, length) => product * length, 1)
  return tf.tensor(
    Float32Array.from({ length: size }, () => rng.uniform(-1, 1)),
    shape,
  )
}
