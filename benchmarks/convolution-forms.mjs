/**
 * Measures the ways in which the compiler can write a convolution and its gradients, and fits the cost of their steps:
 * where the rates in packages/compiler/src/kernels/convolution-costs.ts come from.
 * `node benchmarks/convolution-forms.mjs --help`
 */
import { parseArgs } from 'node:util'
import { encodeModel, lowerGraph, optimise, trace } from '@pixelwise/compiler'
import { loadOnnxRuntime } from '@pixelwise/compiler/node'
import { Rng, useBackend } from '@pixelwise/core'
import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-layers' // registers the gradients of tfjs
import {
  filterGradientWork,
  forwardWork,
  inputGradientWork,
  rates,
} from '../packages/compiler/dist/kernels/convolution-costs.js'
import { convolutionInfo, convolutionWindows } from '../packages/compiler/dist/kernels/windows.js'

const help = `node benchmarks/convolution-forms.mjs [options]      (build first: npm run setup)

  --rounds N    measurements of each form, of which the quickest counts    (default 4)
  --only TEXT   shapes whose name contains this

Times are processor time of one thread, which other processes disturb least.
`
const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '4' }, only: { type: 'string' }, help: { type: 'boolean' } },
})

/**
 * Side of the map, taps, channels in and out, padding, images: layers of VGG, AlexNet, GoogLeNet, SqueezeNet, FCN heads,
 * and of a small net that learns from four images at a time.
 */
const shapes = [
  [88, 3, 512, 512, 1],
  [44, 3, 512, 512, 1],
  [14, 3, 512, 512, 1],
  [175, 3, 128, 256, 1],
  [175, 3, 256, 256, 1],
  [350, 3, 64, 128, 1],
  [350, 3, 128, 128, 1],
  [350, 3, 64, 64, 1],
  [56, 3, 128, 128, 1],
  [56, 3, 64, 192, 1],
  [28, 3, 96, 128, 1],
  [28, 3, 16, 64, 1],
  [31, 5, 48, 128, 2],
  [28, 5, 16, 32, 2],
  [22, 7, 512, 1024, 0],
  [16, 1, 1024, 1024, 0],
  [56, 1, 256, 64, 0],
  [112, 1, 64, 64, 0],
  [224, 3, 3, 64, 1],
  [96, 3, 3, 16, 1, 4],
  [96, 3, 16, 16, 1, 4],
  [48, 3, 16, 32, 1, 4],
  [48, 3, 32, 32, 1, 4],
  [24, 3, 32, 64, 1, 4],
  [24, 3, 64, 64, 1, 4],
  [12, 3, 64, 96, 1, 4],
  [12, 3, 96, 96, 1, 4],
  [6, 3, 96, 128, 1, 4],
  [96, 1, 16, 21, 0, 4],
  [200, 3, 16, 16, 1],
  [64, 5, 8, 8, 2, 8],
]

const kinds = ['constant', 'changing', 'input gradient', 'filter gradient']

if (values.help) process.stdout.write(help)
else await main()

async function main() {
  await useBackend('cpu')
  const runtime = await loadOnnxRuntime()
  const rows = []
  for (const [side, taps, channels, outputs, pad, images = 1] of shapes) {
    for (const kind of kinds) {
      const name = `${taps}×${taps} ${channels}→${outputs} at ${images > 1 ? `${images} × ` : ''}${side}², ${kind}`
      if (values.only !== undefined && !name.includes(values.only)) continue
      const found = await measured(runtime, kind, { side, taps, channels, outputs, pad, images })
      rows.push(...found.map((row) => ({ ...row, name })))
      report(name, found)
    }
  }
  estimate(rows)
}

async function measured(runtime, kind, { side, taps, channels, outputs, pad, images }) {
  const x = [images, side, side, channels]
  const filter = [taps, taps, channels, outputs]
  const windows = convolutionWindows(convolutionInfo(x, filter, { strides: 1, pad, dimRoundingMode: 'floor' }))
  const dy = [images, ...windows.output, outputs]
  const sizes = { x, filter, windows, constant: kind === 'constant' }
  const convolve = (a, w) => tf.conv2d(a, w, 1, pad, 'NHWC', 1, 'floor')
  const [work, args, run] = {
    constant: () => [forwardWork(sizes), [x, filter], convolve],
    changing: () => [forwardWork(sizes), [x, filter], convolve],
    'input gradient': () => [
      inputGradientWork(sizes),
      [dy, filter],
      (d, w) => tf.grad((a) => convolve(a, w))(tf.zeros(x), d),
    ],
    'filter gradient': () => [
      filterGradientWork(sizes),
      [x, dy],
      (a, d) => tf.grad((w) => convolve(a, w))(tf.zeros(filter), d),
    ],
  }[kind]()
  const graph = optimise(
    trace(
      run,
      args.map((shape) => ({ shape })),
    ).graph,
  )
  const position = graph.nodes.findIndex(({ kernel }) => kernel.startsWith('Conv2D'))
  // Maps come and go in tfjs's order of axes here; inside of a net they do not.
  const borders = args.concat(kind === 'filter gradient' ? [] : [graph.values[graph.outputs[0]].shape])
  const border = borders.filter(([batch]) => batch === images).reduce((sum, shape) => sum + elements(shape), 0)
  const last = graph.inputs[1]
  const data = args.map(random)
  const found = []
  const sessions = []
  for (const form of Object.keys(work)) {
    const embed = new Map(kind === 'constant' ? [[last.value, data[1]]] : [])
    const { onnx } = lowerGraph(graph, { embed, choices: new Map([[position, form]]), freeSizes: false })
    const session = await runtime.InferenceSession.create(encodeModel(corner(onnx)), {
      logSeverityLevel: 3,
      intraOpNumThreads: 1,
    })
    const feeds = {}
    for (const [i, { name, shape }] of onnx.inputs.entries())
      feeds[name] = new runtime.Tensor('float32', data[i], shape)
    sessions.push({ session, feeds })
    found.push({ form, work: work[form], border, time: Number.POSITIVE_INFINITY })
  }
  for (let round = 0; round <= Number(values.rounds); round++) {
    for (const [i, { session, feeds }] of sessions.entries()) {
      const before = process.cpuUsage()
      await session.run(feeds)
      const { user, system } = process.cpuUsage(before)
      if (round > 0) found[i].time = Math.min(found[i].time, (user + system) * 1000)
    }
  }
  for (const { session } of sessions) await session.release()
  return found
}

function random(shape) {
  const rng = new Rng(1)
  return Float32Array.from({ length: elements(shape) }, () => rng.uniform(-1, 1))
}

/** The graph with one number for its output, so that copying results out is not measured. */
function corner(onnx) {
  const result = onnx.nodes.at(-1)
  const [output] = onnx.outputs
  const ints = (name, value) => ({
    name,
    shape: [4],
    type: 'int64',
    data: BigInt64Array.of(value, value, value, value),
  })
  return {
    ...onnx,
    initializers: [...onnx.initializers, ints('from', 0n), ints('to', 1n)],
    nodes: [...onnx.nodes.slice(0, -1), { ...result, operator: 'Slice', inputs: [...result.inputs, 'from', 'to'] }],
    outputs: [{ ...output, shape: [1, 1, 1, 1] }],
  }
}

function elements(shape) {
  return shape.reduce((product, length) => product * length, 1)
}

function predicted(work, with_ = rates) {
  return Object.entries(work).reduce((sum, [step, count]) => sum + with_[step] * count, 0)
}

function report(name, found) {
  const best = Math.min(...found.map(({ time }) => time))
  const chosen = found.reduce((a, b) => (predicted(b.work) < predicted(a.work) ? b : a))
  const forms = found.map(({ form, time, work }) => {
    const milliseconds = (ns) => (ns / 1e6).toPrecision(3)
    return `${form}${form === chosen.form ? '*' : ''} ${milliseconds(time)} (${milliseconds(predicted(work))})`
  })
  process.stdout.write(`${name}: ${forms.join(', ')}  regret ${((chosen.time / best - 1) * 100).toFixed(0)} %\n`)
}

/** Non-negative rates that make the relative errors smallest, by coordinate descent. */
function estimate(rows) {
  const steps = Object.keys(rates)
  const found = { ...rates }
  const all = rows.map(({ work, border, time }) => ({ time, work: { ...work, moved: (work.moved ?? 0) + border } }))
  for (let sweep = 0; sweep < 2000; sweep++) {
    for (const step of steps) {
      let [up, down] = [0, 0]
      for (const { work, time } of all) {
        const part = (work[step] ?? 0) / time
        up += part * (1 - predicted(work, { ...found, [step]: 0 }) / time)
        down += part * part
      }
      if (down > 0) found[step] = Math.max(0, up / down)
    }
  }
  process.stdout.write(
    `\nnanoseconds per step: ${JSON.stringify(found, (_, value) => (typeof value === 'number' ? Number(value.toPrecision(3)) : value))}\n`,
  )
}
