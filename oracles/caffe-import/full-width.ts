/**
 * Compares the published nets at their full widths with OpenCV's dnn, each on three sizes of input, with random weights:
 * the 15 nets of the FCN release (train and val files differ in their data layer alone) and its deploy file, AlexNet and
 * GoogLeNet. Prints the largest difference of each, relative to the largest score. See README.md.
 *
 *     node dist/full-width.mjs RUN_OPENCV_PY DATA [NAME…]      (all nets, or those of these names)
 */
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import '@tensorflow/tfjs-backend-wasm'
import { memoryBytes } from '../../packages/caffe-import/src/byte-source.js'
import { importCaffe } from '../../packages/caffe-import/src/import-caffe.js'
import { readCaffemodel } from '../../packages/caffe-import/src/wire/caffemodel.js'
import { fcnNets } from '../../packages/caffe-import/test-support/fcn-nets.js'
import { inputSizes, inputValues } from '../../packages/caffe-import/test-support/net-cases.js'
import { type OpenCvFixture, relativeDifference } from '../../packages/caffe-import/test-support/opencv-samples.js'
import { publishedCases } from '../../packages/caffe-import/test-support/published-nets.js'
import { randomWeights } from '../../packages/caffe-import/test-support/random-weights.js'
import { writeCaffemodel } from '../../packages/caffe-import/test-support/write-caffemodel.js'

interface Case {
  readonly name: string
  readonly net: string
  readonly deploy: string
  readonly inputs: readonly (readonly [name: string, channels: number])[]
  readonly outputs: readonly string[]
  readonly sizes: readonly (readonly [height: number, width: number])[]
}

const [, , script, data, ...names] = process.argv

const fcn: Case[] = fcnNets(1)
  .filter(({ name }) => !name.endsWith('/val'))
  .map(({ text, ...net }) => ({ ...net, net: text, sizes: inputSizes }))
const classifiers: Case[] = publishedCases(pathToFileURL(`${data}/`), 1)
  .filter(({ weights }) => weights === undefined)
  .map((one) => ({ ...one, deploy: one.net, inputs: [['data', 3]] }))

await tf.setBackend('wasm')
await tf.ready()
let largest = 0
const chosen = [...classifiers, ...fcn].filter(({ name }) => names.length === 0 || names.includes(name))
if (chosen.length === 0) throw new Error(`none of the nets is called ${names.join(' or ')}`)
for (const one of chosen) {
  const difference = compare(one)
  largest = Math.max(largest, difference)
  console.log(`${one.name.padEnd(32)} ${difference.toExponential(1)}`)
}
console.log(`${'largest'.padEnd(32)} ${largest.toExponential(1)}`)
process.exitCode = largest < 1e-4 ? 0 : 1

function compare(one: Case): number {
  const bytes = writeCaffemodel(randomWeights({ net: one.deploy }))
  const expected = runOpenCv(one, bytes)
  const inputs = Object.fromEntries(one.inputs.map(([name, channels]) => [name, [channels] as const]))
  const isFcn = one.net !== one.deploy || one.name.startsWith('voc')
  const { model } = importCaffe({
    net: one.net,
    name: one.name,
    weights: readCaffemodel(memoryBytes(bytes)),
    ...(isFcn ? { inputs } : { outputs: one.outputs }),
  })
  const differences = one.sizes.map((size, run) =>
    tf.tidy(() => {
      const images = one.inputs.map(([name, channels]) =>
        tf.transpose(tf.tensor4d(inputValues(name, channels, size), [1, channels, ...size]), [0, 2, 3, 1]),
      )
      const scores = [model.predict(images)].flat().map((score) => score as tf.Tensor)
      const inOrder = scores.map((score) => (score.rank === 4 ? tf.transpose(score, [0, 3, 1, 2]) : score))
      return Math.max(...inOrder.map((score, i) => relativeDifference(score, expected[run][i])))
    }),
  )
  model.dispose()
  return Math.max(...differences)
}

function runOpenCv(one: Case, weights: Uint8Array): OpenCvFixture['nets'][number]['runs'] {
  const folder = mkdtempSync(join(tmpdir(), 'full-width-'))
  try {
    const at = (file: string) => join(folder, one.name, file)
    mkdirSync(dirname(at('net')), { recursive: true })
    writeFileSync(at('net.prototxt'), one.deploy)
    writeFileSync(at('net.caffemodel'), weights)
    one.sizes.forEach((size, run) => {
      for (const [name, channels] of one.inputs) {
        writeFileSync(at(`${name}.${run}.f32`), new Uint8Array(inputValues(name, channels, size).buffer))
      }
    })
    const { name, sizes, inputs, outputs } = one
    writeFileSync(join(folder, 'cases.json'), JSON.stringify({ cases: [{ name, sizes, inputs, outputs }] }))
    const text = execFileSync(process.env['PYTHON'] ?? 'python3', [script, folder], {
      encoding: 'utf8',
      maxBuffer: 2 ** 26,
    })
    return (JSON.parse(text) as OpenCvFixture).nets[0].runs
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
